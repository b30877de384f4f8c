"use client";

import { Button } from "@/components/button";
import { Callout } from "@/components/panel";
import { toast } from "@/components/toasts";
import type { Device } from "@/lib/api/types";
import { useCan } from "@/lib/session";
import { useApproveDevice, useRejectKey } from "../api";

/** Why a device does not work with us yet or any more, and what ends that. */
export function DeviceNotice({ device }: { device: Device }) {
  const can = useCan();
  const approve = useApproveDevice();
  const reject = useRejectKey();
  const approveButton = can("devices:approve") && (
    <Button
      variant="primary"
      busy={approve.isPending}
      onClick={() =>
        approve.mutate(device.id, {
          onSuccess: () => toast.done(`${device.hostname} is approved.`),
          onError: (error) => toast.failed("The device was not approved.", error),
        })
      }
    >
      Approve
    </Button>
  );
  if (device.pending_key && device.state !== "pending") {
    return (
      <Callout
        tone="wait"
        title="A new key waits for approval"
        actions={
          can("devices:approve") && (
            <>
              <Button
                busy={reject.isPending}
                onClick={() =>
                  reject.mutate(device.id, {
                    onSuccess: () => toast.done("The new key is rejected."),
                    onError: (error) => toast.failed("The key was not rejected.", error),
                  })
                }
              >
                Reject
              </Button>
              {approveButton}
            </>
          )
        }
      >
        This computer enrolled again with another key, as after a re-installation. Until it is approved the
        old key stays in force.
      </Callout>
    );
  }
  if (device.state === "pending" && !device.pending_key) {
    // It has no key yet that somebody could approve: its deployment brings one.
    return (
      <Callout tone="run" title="Being set up by a deployment">
        It becomes active by itself when its agent enrolls. Its Deployments tab shows how far that is.
      </Callout>
    );
  }
  if (device.state === "pending") {
    return (
      <Callout tone="wait" title="Waiting for approval" actions={approveButton}>
        {device.status_reason ??
          "Its token does not approve by itself. Nothing runs on it until somebody does."}
      </Callout>
    );
  }
  if (device.state === "quarantined") {
    return (
      <Callout tone="bad" title="In quarantine" actions={approveButton}>
        {device.status_reason ?? "Something about this device does not fit."} Nothing runs on it until
        somebody looked.
      </Callout>
    );
  }
  if (device.state === "revoked") {
    return (
      <Callout tone="bad" title="Revoked">
        Its key is refused. To manage it again, enroll it once more with a new line from Enrollment.
      </Callout>
    );
  }
  if (device.status === "offline" && device.status_reason) {
    return (
      <Callout tone="wait" title="Offline">
        {device.status_reason}
      </Callout>
    );
  }
  return null;
}
