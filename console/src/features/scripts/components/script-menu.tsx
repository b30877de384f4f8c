"use client";

import { Ellipsis } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import type { ScriptDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useDeleteScript } from "../api";

export function ScriptMenu({ script }: { script: ScriptDetail }) {
  const can = useCan();
  const router = useRouter();
  const remove = useDeleteScript();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Menu
        trigger={
          <Button size="icon" aria-label="More for this script">
            <Ellipsis className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        }
      >
        <MenuItem href={`${paths.actions}?f=script_id.eq.${script.id}`}>Its runs</MenuItem>
        {can("audit:read") && <MenuItem href={paths.auditOf(script.id)}>Its audit trail</MenuItem>}
        {can("scripts:write") && (
          <>
            <MenuSeparator />
            <MenuItem danger onClick={() => setAsking(true)}>
              Delete the script
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
        title={`Delete ${script.name}`}
        confirmLabel="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(script, {
            onSuccess: () => {
              router.replace(paths.scripts);
              toast.done(`${script.name} is deleted.`);
            },
          })
        }
      >
        It leaves the library with all its versions. Past runs keep the text they ran, and their logs.
      </ConfirmDialog>
    </>
  );
}
