"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { PasswordField } from "@/components/password-field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode, fieldError } from "@/lib/api/errors";
import { MIN_PASSWORD_LENGTH } from "@/lib/password-strength";
import { useMe } from "@/lib/session";
import { useChangePassword } from "../api";

export function PasswordPanel() {
  const { user, tenant } = useMe();
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { current, new: next },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
          toast.done("Your password is changed. Other sessions are signed out.");
        },
      },
    );
  };
  const code = errorCode(change.error);
  const currentError = code === "credentials_invalid" ? "That is not your current password." : undefined;
  const nextError =
    fieldError(change.error, "new") ?? (change.error && !currentError ? errorText(change.error) : undefined);
  return (
    <Panel title="Password">
      <form onSubmit={submit} className="flex flex-col gap-5">
        <PasswordField
          label="Current password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
          autoComplete="current-password"
          error={currentError}
          required
        />
        <PasswordField
          label="New password"
          value={next}
          onChange={(event) => setNext(event.target.value)}
          autoComplete="new-password"
          error={nextError}
          meterContext={[user.name, user.email.split("@")[0] ?? "", tenant.name]}
          required
        />
        <Button
          type="submit"
          variant="primary"
          className="self-start"
          busy={change.isPending}
          disabled={!current || next.length < MIN_PASSWORD_LENGTH}
        >
          Change the password
        </Button>
      </form>
    </Panel>
  );
}
