"use client";

import { Ban, RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { toast } from "@/components/toasts";
import type { ActionDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useCancelAction, useRunAgain } from "../api";
import { isOpen } from "../open-states";

export function ActionButtons({ action }: { action: ActionDetail }) {
  const can = useCan();
  const router = useRouter();
  const cancel = useCancelAction();
  const again = useRunAgain();
  const [asking, setAsking] = useState(false);
  const stop = () =>
    cancel.mutate(action.id, {
      onSuccess: () => setAsking(false),
      onError: (error) => toast.failed("It was not cancelled.", error),
    });
  return (
    <>
      {can("actions:cancel") && isOpen(action) && (
        <Button
          busy={cancel.isPending}
          disabled={action.cancel_requested_at !== null}
          // What has not begun is taken back at once; what runs is asked about.
          onClick={() => (action.status === "pending" ? stop() : setAsking(true))}
        >
          <Ban className="size-4" strokeWidth={1.5} aria-hidden />
          {action.cancel_requested_at ? "Cancelling…" : "Cancel"}
        </Button>
      )}
      {can("actions:run") && !isOpen(action) && (
        <Button
          variant="primary"
          busy={again.isPending}
          onClick={() =>
            again.mutate(action.id, {
              onSuccess: (next) => router.push(paths.action(next.id)),
              onError: (error) => toast.failed("It was not run again.", error),
            })
          }
        >
          <RotateCw className="size-4" strokeWidth={1.5} aria-hidden />
          Run again
        </Button>
      )}
      <ConfirmDialog
        // It may end by itself while the question is open.
        open={asking && isOpen(action)}
        onOpenChange={setAsking}
        title={`Cancel “${action.title}” on ${action.device.hostname}`}
        confirmLabel="Cancel the action"
        busy={cancel.isPending}
        onConfirm={stop}
      >
        The script and everything it started are stopped. What it has changed so far stays changed.
      </ConfirmDialog>
    </>
  );
}
