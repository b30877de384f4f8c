"use client";

import type { FormEvent } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Facts, Panel } from "@/components/panel";
import { toast } from "@/components/toasts";
import { fieldError } from "@/lib/api/errors";
import { useDraft } from "@/lib/draft";
import { useMe } from "@/lib/session";
import { useUpdateMe } from "../api";

export function ProfilePanel() {
  const { user, role, tenant } = useMe();
  const update = useUpdateMe();
  const draft = useDraft({ name: user.name });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate(draft.values.name.trim(), {
      onSuccess: () => {
        draft.reset();
        toast.done("Your name is saved.");
      },
    });
  };
  return (
    <Panel title="Profile">
      <form onSubmit={submit} className="flex flex-col gap-5">
        <TextField
          label="Name"
          value={draft.values.name}
          onChange={(event) => draft.set("name", event.target.value)}
          error={fieldError(update.error, "name")}
          autoComplete="name"
          required
        />
        <Facts
          facts={[
            { label: "E-mail", value: user.email },
            { label: "Role", value: `${role.name}, ${tenant.name}` },
          ]}
        />
        <Button
          type="submit"
          variant="primary"
          className="self-start"
          disabled={!draft.dirty}
          busy={update.isPending}
        >
          Save
        </Button>
      </form>
    </Panel>
  );
}
