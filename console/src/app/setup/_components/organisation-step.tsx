"use client";

import type { FormEvent } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { ApiError, fieldError } from "@/lib/api/errors";

/** `publicUrl` null: not touched, so the address this page was opened with. */
export type OrganisationDraft = { name: string; publicUrl: string | null };

type OrganisationStepProps = {
  draft: OrganisationDraft;
  onChange: (draft: OrganisationDraft) => void;
  busy: boolean;
  error: unknown;
  onNext: () => void;
};

export function OrganisationStep({ draft, onChange, busy, error, onNext }: OrganisationStepProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onNext();
  };
  const url = draft.publicUrl ?? location.origin;
  const onlyHere = /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
  const general = error instanceof ApiError && error.errors.length > 0 ? null : error;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name of your organisation"
        autoComplete="organization"
        autoFocus
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
        error={fieldError(error, "organisation")}
        required
      />
      <TextField
        label="Address of this server"
        type="url"
        value={url}
        onChange={(event) => onChange({ ...draft, publicUrl: event.target.value })}
        error={fieldError(error, "public_url")}
        help={
          onlyHere
            ? "Other machines cannot reach this one. Give the name or address they know, unless you are only trying it out."
            : "Devices and people use this address. It has to be reachable from them."
        }
        required
      />
      {Boolean(general) && (
        <p role="alert" className="text-bad text-sm">
          {errorText(general)}
        </p>
      )}
      <Button type="submit" variant="primary" busy={busy} className="self-start">
        Create
      </Button>
    </form>
  );
}
