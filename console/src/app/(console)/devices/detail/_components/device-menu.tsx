"use client";

import { Ellipsis } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import { useRetireDevice, useRevokeDevice } from "@/features/devices/api";
import type { Device } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function DeviceMenu({ device }: { device: Device }) {
  const can = useCan();
  const router = useRouter();
  const revoke = useRevokeDevice();
  const retire = useRetireDevice();
  const [asking, setAsking] = useState<"revoke" | "retire" | null>(null);
  const close = () => {
    revoke.reset();
    retire.reset();
    setAsking(null);
  };
  return (
    <>
      <Menu
        trigger={
          <Button size="icon" aria-label="More for this device">
            <Ellipsis className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        }
      >
        <MenuItem href={`${paths.actions}?f=device_id.eq.${device.id}`}>Its actions</MenuItem>
        {can("audit:read") && <MenuItem href={paths.auditOf(device.id)}>Its audit trail</MenuItem>}
        {can("devices:write") && <MenuSeparator />}
        {can("devices:write") && device.state !== "revoked" && (
          <MenuItem danger onClick={() => setAsking("revoke")}>
            Revoke its key
          </MenuItem>
        )}
        {can("devices:write") && (
          <MenuItem danger onClick={() => setAsking("retire")}>
            Retire the device
          </MenuItem>
        )}
      </Menu>
      <ConfirmDialog
        open={asking === "revoke"}
        onOpenChange={close}
        title={`Revoke ${device.hostname}`}
        confirmLabel="Revoke"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() =>
          revoke.mutate(device.id, {
            onSuccess: () => {
              close();
              toast.done(`${device.hostname} is revoked.`);
            },
          })
        }
      >
        Its key stops working at once and actions that wait for it will not run. To come back it has to be
        enrolled again.
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === "retire"}
        onOpenChange={close}
        title={`Retire ${device.hostname}`}
        confirmLabel="Retire"
        typedWord={device.hostname}
        busy={retire.isPending}
        error={retire.error}
        onConfirm={() =>
          retire.mutate(device, {
            onSuccess: () => {
              router.replace(paths.devices);
              toast.done(`${device.hostname} is retired.`);
            },
          })
        }
      >
        It leaves the list and its key stops working. Its actions and its audit trail are kept.
      </ConfirmDialog>
    </>
  );
}
