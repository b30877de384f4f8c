"use client";

import { Suspense, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Panel } from "@/components/panel";
import { PasswordField } from "@/components/password-field";
import { errorText, Skeleton } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import { lazyPart } from "@/lib/lazy-part";
import { useMe } from "@/lib/session";
import { useDisableTotp, useNewRecoveryCodes } from "../api";
import { RecoveryCodes } from "./recovery-codes";

const TotpSetup = lazyPart(() => import("./totp-setup").then((module) => module.TotpSetup));

type Step = "setup" | "disable" | null;

export function SecondFactorPanel() {
  const { user } = useMe();
  const renew = useNewRecoveryCodes();
  const [step, setStep] = useState<Step>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Panel
      title="Second factor"
      description={
        user.totp_enabled
          ? "On. Signing in asks for a code from your authenticator."
          : "Off. A code from your phone protects you when a password leaks."
      }
    >
      {user.totp_enabled ? (
        <div className="flex flex-wrap gap-2">
          <Button
            busy={renew.isPending}
            onClick={() =>
              renew.mutate(undefined, {
                onSuccess: ({ recovery_codes }) => setCodes(recovery_codes),
                onError: (error) =>
                  errorCode(error) !== "step_up_required" && toast.failed("No codes were made.", error),
              })
            }
          >
            New recovery codes
          </Button>
          <Button variant="ghost" className="text-bad!" onClick={() => setStep("disable")}>
            Turn off
          </Button>
        </div>
      ) : (
        <Button variant="primary" onClick={() => setStep("setup")}>
          Set up
        </Button>
      )}
      {step === "setup" && (
        <Suspense fallback={<Skeleton className="mt-4 w-1/2" />}>
          <TotpSetup
            onClose={() => setStep(null)}
            onDone={(recovery) => {
              setStep(null);
              setCodes(recovery);
            }}
          />
        </Suspense>
      )}
      {step === "disable" && <DisableDialog onClose={() => setStep(null)} />}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
    </Panel>
  );
}

function DisableDialog({ onClose }: { onClose: () => void }) {
  const disable = useDisableTotp();
  const [password, setPassword] = useState("");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Turn off the second factor"
      description="Signing in will need only your password, and your recovery codes stop working."
      footer={
        <>
          <Button onClick={onClose}>Keep it on</Button>
          <Button
            variant="danger"
            busy={disable.isPending}
            disabled={!password}
            onClick={() =>
              disable.mutate(password, {
                onSuccess: () => {
                  toast.done("The second factor is off.");
                  onClose();
                },
              })
            }
          >
            Turn off
          </Button>
        </>
      }
    >
      <PasswordField
        label="Password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="current-password"
        error={
          disable.error
            ? errorCode(disable.error) === "credentials_invalid"
              ? "That is not your password."
              : errorText(disable.error)
            : undefined
        }
      />
    </Dialog>
  );
}
