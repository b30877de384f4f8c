"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { PasswordField } from "@/components/password-field";
import type { Me } from "@/lib/api/types";
import { useSignIn } from "../api";
import { signInProblem } from "../sign-in-problem";

type PasswordFormProps = {
  onSignedIn: (me: Me | null | undefined) => void;
  onChallenge: (challenge: string) => void;
};

export function PasswordForm({ onSignedIn, onChallenge }: PasswordFormProps) {
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(
      { email: email.trim(), password },
      {
        onSuccess: (answer) => {
          if (answer.state === "totp_required" && answer.challenge) onChallenge(answer.challenge);
          else onSignedIn(answer.me);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="username"
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        required
      />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        required
      />
      <p role="alert" className="text-bad text-sm empty:hidden">
        {signInProblem(signIn.error)}
      </p>
      <Button type="submit" variant="primary" size="lg" busy={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}
