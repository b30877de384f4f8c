"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { CommandLine } from "@/components/command-line";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { ApiError, fieldError } from "@/lib/api/errors";
import { rolesQuery, useInviteUser } from "../api";

export function InviteSheet({ onClose }: { onClose: () => void }) {
  const roles = useQuery(rolesQuery);
  const invite = useInviteUser();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [chosen, setChosen] = useState("");
  const choices = (roles.data?.items ?? []).map((role) => ({ value: role.id, label: role.name }));
  // The least that is useful, until somebody chooses more.
  const roleId =
    chosen || choices.find((role) => role.label === "Technician")?.value || choices[0]?.value || "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ name: name.trim(), email: email.trim(), role_id: roleId });
  };
  const general = invite.error instanceof ApiError && invite.error.errors.length > 0 ? null : invite.error;
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={invite.data ? invite.data.name : "Invite somebody"}
      description={
        invite.data
          ? "They choose their own password with it. It works once."
          : "They get a link to choose a password."
      }
      footer={invite.data && <Button onClick={onClose}>Done</Button>}
    >
      {invite.data ? (
        <InviteLink link={invite.data.invite_url} />
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-5">
          <TextField
            label="Name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={fieldError(invite.error, "name")}
            autoComplete="off"
            required
          />
          <TextField
            label="E-mail address"
            type="email"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            error={fieldError(invite.error, "email")}
            autoComplete="off"
            required
          />
          <SelectField
            label="Role"
            value={roleId}
            onChange={(event) => setChosen(event.target.value)}
            choices={choices}
            error={fieldError(invite.error, "role_id")}
          />
          {general && (
            <p role="alert" className="text-bad text-sm">
              {errorText(general)}
            </p>
          )}
          <Button type="submit" variant="primary" busy={invite.isPending} className="self-start">
            Make the link
          </Button>
        </form>
      )}
    </Dialog>
  );
}

export function InviteLink({ link }: { link: string | null }) {
  if (link === null) {
    return <p className="text-muted text-sm">They have a password here already and sign in with it.</p>;
  }
  return (
    <div className="flex flex-col gap-3">
      <CommandLine value={link} label="Copy the link" />
      <p className="text-muted text-sm">It is shown only now. Send it in a way only they can read.</p>
    </div>
  );
}
