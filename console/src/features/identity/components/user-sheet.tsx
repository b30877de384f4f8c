"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Facts } from "@/components/panel";
import { errorText } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { User } from "@/lib/api/types";
import { useCan, useMe } from "@/lib/session";
import { rolesQuery, useDeleteUser, useResetInvite, useUpdateUser } from "../api";
import { userStatus } from "../user-status";
import { InviteLink } from "./invite-sheet";

export function UserSheet({ user, onClose }: { user: User; onClose: () => void }) {
  const can = useCan();
  const me = useMe();
  const update = useUpdateUser();
  const remove = useDeleteUser();
  const reset = useResetInvite();
  const roles = useQuery({ ...rolesQuery, enabled: can("roles:read") });
  const [removing, setRemoving] = useState(false);
  const isMe = me.user.id === user.id;
  const editable = can("users:write") && !isMe;
  const change = (body: { role_id?: string; is_active?: boolean }, done: string, undo?: () => void) =>
    update.mutate({ user, ...body }, { onSuccess: () => toast.done(done, { undo }) });
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={user.name}
      description={user.email}
      footer={
        editable && (
          <>
            <Button variant="ghost" className="mr-auto text-bad!" onClick={() => setRemoving(true)}>
              Remove
            </Button>
            <Button
              busy={update.isPending}
              onClick={() =>
                change(
                  { is_active: !user.is_active },
                  `${user.name} ${user.is_active ? "can no longer" : "can"} sign in.`,
                )
              }
            >
              {user.is_active ? "Disable" : "Enable"}
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-6">
        <Facts
          facts={[
            { label: "State", value: <StatusBadge status={userStatus(user)} /> },
            { label: "Role", value: user.role.name },
            { label: "Second factor", value: user.totp_enabled ? "On" : "Off" },
            { label: "Last sign-in", value: <Time at={user.last_sign_in_at} /> },
            { label: "Since", value: <Time at={user.created_at} /> },
          ]}
        />
        {isMe && (
          <p className="text-muted text-sm">
            This is you. Your password and second factor are under Account.
          </p>
        )}
        {editable && roles.data && (
          <SelectField
            label="Role"
            value={user.role.id}
            onChange={(event) => change({ role_id: event.target.value }, `${user.name} has a new role.`)}
            choices={roles.data.items.map((role) => ({ value: role.id, label: role.name }))}
          />
        )}
        {editable && (
          <section className="flex flex-col gap-3">
            <h3 className="font-medium text-sm">Password</h3>
            {reset.data ? (
              <InviteLink link={reset.data.invite_url} />
            ) : (
              <>
                <p className="text-muted text-sm">
                  A new link lets them choose a new password. Until it is used the old one keeps working.
                </p>
                <Button
                  className="self-start"
                  busy={reset.isPending}
                  onClick={() =>
                    reset.mutate(user, { onError: (error) => toast.failed("No link was made.", error) })
                  }
                >
                  Make a new link
                </Button>
              </>
            )}
          </section>
        )}
        {update.error && (
          <p role="alert" className="text-bad text-sm">
            {errorText(update.error)}
          </p>
        )}
      </div>
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${user.name}`}
        confirmLabel="Remove"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(user, {
            onSuccess: () => {
              toast.done(`${user.name} is removed.`);
              onClose();
            },
          })
        }
      >
        They are signed out everywhere and cannot sign in again. What they did stays in the audit.
      </ConfirmDialog>
    </Dialog>
  );
}
