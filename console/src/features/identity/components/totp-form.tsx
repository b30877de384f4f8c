"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import type { Me } from "@/lib/api/types";
import { useAnswerTotp } from "../api";
import { signInProblem } from "../sign-in-problem";

type TotpFormProps = {
  challenge: string;
  onSignedIn: (me: Me | null | undefined) => void;
  onOver: () => void;
};

export function TotpForm({ challenge, onSignedIn, onOver }: TotpFormProps) {
  const answer = useAnswerTotp();
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    answer.mutate({ challenge, code: code.replace(/\s/g, "") }, { onSuccess: ({ me }) => onSignedIn(me) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        key={recovery ? "recovery" : "code"}
        label={recovery ? "Recovery code" : "Code"}
        inputMode={recovery ? "text" : "numeric"}
        autoComplete="one-time-code"
        autoFocus
        mono
        value={code}
        onChange={(event) => setCode(event.target.value)}
        required
      />
      <p role="alert" className="text-bad text-sm empty:hidden">
        {signInProblem(answer.error)}
      </p>
      <Button type="submit" variant="primary" size="lg" busy={answer.isPending}>
        Continue
      </Button>
      <div className="flex justify-between gap-2">
        <Button variant="ghost" onClick={onOver}>
          Back
        </Button>
        <Button
          variant="ghost"
          onClick={() => {
            setRecovery(!recovery);
            setCode("");
          }}
        >
          {recovery ? "Use the authenticator" : "Use a recovery code"}
        </Button>
      </div>
    </form>
  );
}
