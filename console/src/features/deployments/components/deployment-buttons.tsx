"use client";

import { OctagonX, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { toast } from "@/components/toasts";
import type { DeploymentDetail } from "@/lib/api/types";
import { useCan } from "@/lib/session";
import { useAbortDeployment, useRetryDeployment } from "../api";
import { titleOf } from "../states";

type DeploymentButtonsProps = {
  deployment: DeploymentDetail;
  /** The step a retry begins with; null for the one that failed. */
  position: number | null;
};

export function DeploymentButtons({ deployment, position }: DeploymentButtonsProps) {
  const can = useCan();
  const abort = useAbortDeployment();
  const retry = useRetryDeployment();
  const [asking, setAsking] = useState<"abort" | "retry" | null>(null);
  if (!can("deployments:write")) return null;
  const from = deployment.steps.find((step) =>
    position === null ? step.state === "failed" : step.position === position,
  );
  const mayRetry = deployment.can_retry !== null && from !== undefined && from.phase === deployment.can_retry;
  const name = titleOf(deployment);
  return (
    <>
      {mayRetry && (
        <Button variant="primary" onClick={() => setAsking("retry")}>
          <RotateCcw className="size-4" strokeWidth={1.5} aria-hidden />
          Retry from “{from.name}”
        </Button>
      )}
      {deployment.can_abort && !deployment.abort_requested_by && (
        <Button onClick={() => setAsking("abort")}>
          <OctagonX className="size-4" strokeWidth={1.5} aria-hidden />
          Abort
        </Button>
      )}
      <ConfirmDialog
        open={asking === "retry"}
        onOpenChange={() => setAsking(null)}
        title={`Retry ${name}`}
        confirmLabel="Retry"
        busy={retry.isPending}
        error={retry.error}
        onConfirm={() =>
          retry.mutate(
            { deployment, position: from?.position ?? null },
            {
              onSuccess: () => {
                setAsking(null);
                toast.done(`${name} goes on from “${from?.name}”.`);
              },
            },
          )
        }
      >
        {deployment.can_retry === "boot"
          ? "The machine goes on from this step when it is in the boot environment. Start it from the network if it is not there any more."
          : "The device runs this step and the ones behind it again. Its disk is not touched by earlier steps."}
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === "abort"}
        onOpenChange={() => setAsking(null)}
        title={`Abort the deployment of ${name}`}
        confirmLabel="Abort"
        typedWord={deployment.state === "running" ? name : undefined}
        busy={abort.isPending}
        error={abort.error}
        onConfirm={() =>
          abort.mutate(deployment, {
            onSuccess: () => {
              setAsking(null);
              toast.done(`The deployment of ${name} is aborted.`);
            },
          })
        }
      >
        {deployment.state === "running"
          ? "The machine stops within seconds. What is on its disk by then stays as it is, and may not start."
          : "It will not go on, and the machine starts from its disk again."}
      </ConfirmDialog>
    </>
  );
}
