"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { SelectField, TextAreaField, TextField } from "@/components/field";
import { PasswordField } from "@/components/password-field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { ApiError, fieldError } from "@/lib/api/errors";
import type { Secret } from "@/lib/api/types";
import { relativeTime } from "@/lib/format";
import { type SecretDraft, useDeleteSecret, useSaveSecret } from "../api";

export const KINDS: { value: Secret["kind"]; label: string }[] = [
  { value: "password", label: "Password" },
  { value: "token", label: "Token or key" },
  { value: "text", label: "Text" },
];

type SecretSheetProps = { secret: Secret | null; onClose: () => void };

export function SecretSheet({ secret, onClose }: SecretSheetProps) {
  const save = useSaveSecret();
  const remove = useDeleteSecret();
  const [asking, setAsking] = useState(false);
  const [draft, setDraft] = useState<SecretDraft>({
    name: secret?.name ?? "",
    kind: secret?.kind ?? "password",
    description: secret?.description ?? "",
    value: "",
  });
  const set = <Key extends keyof SecretDraft>(key: Key, value: SecretDraft[Key]) =>
    setDraft((before) => ({ ...before, [key]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { secret, draft },
      {
        onSuccess: () => {
          toast.done(`${draft.name} is saved.`);
          onClose();
        },
      },
    );
  };
  const valueHelp = secret
    ? `Set ${relativeTime(secret.set_at, Date.now())}${secret.set_by ? ` by ${secret.set_by.name}` : ""}. It cannot be shown; leave this empty to keep it.`
    : "Once saved it cannot be shown again, only replaced.";
  const value = {
    label: secret ? "New value" : "Value",
    help: valueHelp,
    value: draft.value,
    required: !secret,
    error: fieldError(save.error, "value"),
  };
  const general = save.error instanceof ApiError && save.error.errors.length > 0 ? null : save.error;
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={secret ? secret.name : "New secret"}
      description="Scripts get it as a parameter; people never see it."
    >
      <form onSubmit={submit} className="flex flex-col gap-5">
        <TextField
          label="Name"
          value={draft.name}
          onChange={(event) => set("name", event.target.value)}
          required
          maxLength={200}
          error={fieldError(save.error, "name")}
        />
        <SelectField
          label="Kind"
          value={draft.kind}
          onChange={(event) => set("kind", event.target.value as Secret["kind"])}
          choices={KINDS}
          disabled={secret !== null}
        />
        {draft.kind === "text" ? (
          <TextAreaField {...value} mono rows={5} onChange={(event) => set("value", event.target.value)} />
        ) : (
          <PasswordField
            {...value}
            autoComplete="off"
            onChange={(event) => set("value", event.target.value)}
          />
        )}
        <TextField
          label="Description"
          optional
          value={draft.description}
          onChange={(event) => set("description", event.target.value)}
          error={fieldError(save.error, "description")}
        />
        {general && (
          <p role="alert" className="text-bad text-sm">
            {errorText(general)}
          </p>
        )}
        <div className="flex gap-2">
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
          {secret && (
            <Button variant="ghost" className="ml-auto text-bad!" onClick={() => setAsking(true)}>
              Delete
            </Button>
          )}
        </div>
      </form>
      {secret && (
        <ConfirmDialog
          open={asking}
          onOpenChange={setAsking}
          title={`Delete ${secret.name}`}
          confirmLabel="Delete"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate(secret, {
              onSuccess: () => {
                toast.done(`${secret.name} is deleted.`);
                onClose();
              },
            })
          }
        >
          Runs that still wait and use it will fail.
        </ConfirmDialog>
      )}
    </Dialog>
  );
}
