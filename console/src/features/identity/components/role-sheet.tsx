"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { fieldError } from "@/lib/api/errors";
import type { Role } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { useCan } from "@/lib/session";
import { useDeleteRole, useSaveRole } from "../api";
import { PermissionTable } from "./permission-table";

export function RoleSheet({ role, onClose }: { role: Role | null; onClose: () => void }) {
  const can = useCan();
  const save = useSaveRole();
  const remove = useDeleteRole();
  const [removing, setRemoving] = useState(false);
  const [draft, setDraft] = useState({
    name: role?.name ?? "",
    description: role?.description ?? "",
    permissions: role?.permissions ?? ["devices:read", "actions:read", "scripts:read"],
  });
  const editable = can("roles:write") && !role?.built_in;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { role, draft },
      {
        onSuccess: () => {
          toast.done(`The role ${draft.name} is saved.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      wide
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={role?.name ?? "New role"}
      description={
        role
          ? role.built_in
            ? "Built in: it cannot be changed. Make a new role for other rights."
            : `${plural(role.user_count, "person has", "people have")} this role.`
          : undefined
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-5">
        {editable && (
          <>
            <TextField
              label="Name"
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
              error={fieldError(save.error, "name")}
              required
              maxLength={100}
            />
            <TextField
              label="Description"
              optional
              value={draft.description}
              onChange={(event) => setDraft({ ...draft, description: event.target.value })}
            />
          </>
        )}
        <PermissionTable
          chosen={draft.permissions}
          onChange={editable ? (permissions) => setDraft({ ...draft, permissions }) : undefined}
          allowed={can}
        />
        {save.error && (
          <p role="alert" className="text-bad text-sm">
            {errorText(save.error)}
          </p>
        )}
        {editable && (
          <div className="flex gap-2">
            <Button type="submit" variant="primary" busy={save.isPending}>
              Save
            </Button>
            {role && (
              <Button variant="ghost" className="ml-auto text-bad!" onClick={() => setRemoving(true)}>
                Delete
              </Button>
            )}
          </div>
        )}
      </form>
      {role && (
        <ConfirmDialog
          open={removing}
          onOpenChange={setRemoving}
          title={`Delete the role ${role.name}`}
          confirmLabel="Delete"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(role, { onSuccess: onClose })}
        >
          Nobody may have it any more. Give those who do another role first.
        </ConfirmDialog>
      )}
    </Dialog>
  );
}
