"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { QrCode } from "@/components/qr-code";
import { ErrorState, errorText, Skeleton } from "@/components/states";
import { errorCode } from "@/lib/api/errors";
import { useConfirmTotp, useStartTotp } from "../api";

type TotpSetupProps = { onClose: () => void; onDone: (recoveryCodes: string[]) => void };

export function TotpSetup({ onClose, onDone }: TotpSetupProps) {
  const start = useStartTotp();
  const confirm = useConfirmTotp();
  const [code, setCode] = useState("");
  const begun = useRef(false);
  // External system: the server, which makes the secret once for this opening.
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    start.mutate();
  }, [start.mutate]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(code.replace(/\s/g, ""), { onSuccess: ({ recovery_codes }) => onDone(recovery_codes) });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Set up a second factor"
      description="Scan this with an authenticator app, then type the code it shows."
    >
      {start.isError ? (
        <ErrorState error={start.error} onRetry={() => start.mutate()} what="The secret" />
      ) : start.data ? (
        <form onSubmit={submit} className="flex flex-col gap-5">
          <div className="flex flex-wrap items-start gap-5">
            <QrCode value={start.data.otpauth_uri} label="The secret as a QR code" />
            <div className="min-w-0 flex-1 basis-44 text-sm">
              <p className="text-muted">No camera? Type this into the app:</p>
              <p className="mt-2 flex items-start gap-1">
                <code className="break-all font-mono" data-testid="totp-secret">
                  {start.data.secret}
                </code>
                <CopyButton value={start.data.secret} label="Copy the secret" className="-my-1" />
              </p>
            </div>
          </div>
          <TextField
            label="Code from the app"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
            error={
              confirm.error
                ? errorCode(confirm.error) === "code_invalid"
                  ? "That code does not fit. Check the clock of your phone, and try the next one."
                  : errorText(confirm.error)
                : undefined
            }
            mono
            required
          />
          <Button type="submit" variant="primary" busy={confirm.isPending} className="self-start">
            Turn on
          </Button>
        </form>
      ) : (
        <Skeleton className="h-44 w-44" />
      )}
    </Dialog>
  );
}
