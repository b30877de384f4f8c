"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { PasswordField } from "@/components/password-field";
import { errorText } from "@/components/states";
import { useStepUp } from "@/features/identity/api";
import { errorCode } from "@/lib/api/errors";
import { useMe } from "@/lib/session";
import { askStepUp, type PendingStepUp } from "@/lib/step-up-store";

/** The server wants some acts confirmed by whoever sits here; afterwards the act is done without asking again. */
export function StepUpDialog({ pending }: { pending: PendingStepUp }) {
  const { user } = useMe();
  const stepUp = useStepUp();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const close = () => askStepUp(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    stepUp.mutate(
      { password, ...(user.totp_enabled && { code }) },
      {
        onSuccess: () => {
          pending.retry();
          close();
        },
      },
    );
  };
  const wrong = errorCode(stepUp.error) === "credentials_invalid";
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Confirm that it is you"
      description="This act asks for your password again. It is then remembered for a few minutes."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <PasswordField
          label="Password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          required
          error={wrong ? "That is not right. Try again." : stepUp.error ? errorText(stepUp.error) : undefined}
        />
        {user.totp_enabled && (
          <TextField
            label="Code from your authenticator"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
            required
            mono
          />
        )}
        <Button type="submit" variant="primary" busy={stepUp.isPending} className="self-end">
          Confirm
        </Button>
      </form>
    </Dialog>
  );
}
