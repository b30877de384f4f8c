"use client";

import { Ellipsis } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import type { DriverPack } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useDeletePack } from "../api";

export function PackMenu({ pack }: { pack: DriverPack }) {
  const can = useCan();
  const router = useRouter();
  const remove = useDeletePack();
  const [asking, setAsking] = useState(false);
  if (!can("audit:read") && !can("drivers:write")) return null;
  return (
    <>
      <Menu
        trigger={
          <Button size="icon" aria-label="More for this driver pack">
            <Ellipsis className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        }
      >
        {can("audit:read") && <MenuItem href={paths.auditOf(pack.id)}>Its audit trail</MenuItem>}
        {can("drivers:write") && (
          <>
            <MenuSeparator />
            <MenuItem danger onClick={() => setAsking(true)}>
              Delete the pack
            </MenuItem>
          </>
        )}
      </Menu>
      <ConfirmDialog
        open={asking}
        onOpenChange={(open) => {
          remove.reset();
          setAsking(open);
        }}
        title={`Delete ${pack.name}`}
        confirmLabel="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(pack, {
            onSuccess: () => {
              router.replace(paths.drivers);
              toast.done(`${pack.name} is deleted.`);
            },
          })
        }
      >
        Machines that are deployed from now on do without it. Deployments that have begun keep its archive,
        and a profile that names it says so before anything is wiped.
      </ConfirmDialog>
    </>
  );
}
