"use client";

import { Ban, RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { toast } from "@/components/toasts";
import type { RunDetail } from "@/lib/api/types";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useCancelRun, useRetryRun } from "../api";
import { failedOf } from "../progress";

/** From here on the number of devices is typed before it goes out again. */
const BULK = 10;

export function RunButtons({ run }: { run: RunDetail }) {
  const can = useCan();
  const router = useRouter();
  const cancel = useCancelRun();
  const retry = useRetryRun();
  const [asking, setAsking] = useState<"cancel" | "retry" | null>(null);
  const failed = failedOf(run.progress);
  const cancellable = run.ended_at === null && run.state !== "cancelled";
  const again = () => retry.mutate(run.id, { onSuccess: (next) => router.push(paths.runDetail(next.id)) });
  return (
    <>
      {can("actions:cancel") && cancellable && (
        <Button onClick={() => setAsking("cancel")}>
          <Ban className="size-4" strokeWidth={1.5} aria-hidden />
          Cancel
        </Button>
      )}
      {can("actions:run") && run.state !== "running" && failed > 0 && (
        <Button variant="primary" busy={retry.isPending} onClick={() => setAsking("retry")}>
          <RotateCw className="size-4" strokeWidth={1.5} aria-hidden />
          Retry {count(failed)} failed
        </Button>
      )}
      <ConfirmDialog
        // It may end by itself while the question is open.
        open={asking === "cancel" && cancellable}
        onOpenChange={() => setAsking(null)}
        title={`Cancel “${run.title}” on ${count(run.total)} devices`}
        confirmLabel="Cancel the run"
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() =>
          cancel.mutate(run.id, {
            onSuccess: () => {
              setAsking(null);
              toast.done("The run is cancelled.");
            },
          })
        }
      >
        Devices that have not begun will not begin. Those at work are told to stop; what they have changed so
        far stays changed.
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === "retry"}
        onOpenChange={() => setAsking(null)}
        title={`Run “${run.title}” again on ${count(failed)} devices`}
        confirmLabel="Run it again"
        typedWord={failed > BULK ? count(failed) : undefined}
        busy={retry.isPending}
        error={retry.error}
        onConfirm={again}
      >
        A new run with the same parameters, on the devices where it failed, timed out or was interrupted.
      </ConfirmDialog>
    </>
  );
}
