"use client";

import type { FormEvent } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { PasswordField } from "@/components/password-field";
import { MIN_PASSWORD_LENGTH } from "@/lib/password-strength";

export type AdministratorDraft = { name: string; email: string; password: string };

type AdministratorStepProps = {
  draft: AdministratorDraft;
  onChange: (draft: AdministratorDraft) => void;
  onNext: () => void;
};

export function AdministratorStep({ draft, onChange, onNext }: AdministratorStepProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onNext();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Your name"
        autoComplete="name"
        autoFocus
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
        required
      />
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="username"
        value={draft.email}
        onChange={(event) => onChange({ ...draft, email: event.target.value })}
        help="You sign in with it. Nothing is sent to it."
        required
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        value={draft.password}
        onChange={(event) => onChange({ ...draft, password: event.target.value })}
        meterContext={[draft.name, draft.email.split("@")[0] ?? ""]}
        minLength={MIN_PASSWORD_LENGTH}
        required
      />
      <Button type="submit" variant="primary" className="self-start">
        Continue
      </Button>
    </form>
  );
}
