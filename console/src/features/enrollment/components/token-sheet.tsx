"use client";

import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { Facts } from "@/components/panel";
import { StatusBadge } from "@/components/status-badge";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { EnrollmentToken } from "@/lib/api/types";
import { count } from "@/lib/format";
import { useCan } from "@/lib/session";
import { useRevokeToken } from "../api";
import { TokenUses } from "./token-uses";

export function TokenSheet({ token, onClose }: { token: EnrollmentToken; onClose: () => void }) {
  const can = useCan();
  const revoke = useRevokeToken();
  const [asking, setAsking] = useState(false);
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={token.name}
      description={token.description || undefined}
      footer={
        can("enrollment:write") &&
        token.state === "usable" && (
          <Button variant="danger" onClick={() => setAsking(true)}>
            Revoke
          </Button>
        )
      }
    >
      <Facts
        facts={[
          { label: "State", value: <StatusBadge status={token.state} /> },
          { label: "Begins with", value: <span className="font-mono text-xs">{token.prefix}…</span> },
          {
            label: "Used",
            value: `${count(token.uses)}${token.max_uses === null ? "" : ` of ${count(token.max_uses)}`}`,
          },
          { label: "Expires", value: <Time at={token.expires_at} /> },
          { label: "Approval", value: token.auto_approve ? "By itself" : "By hand" },
          { label: "Networks", value: token.allowed_networks.join(", ") || "All" },
          { label: "Tags", value: token.tags.length > 0 ? <Tags tags={token.tags} max={8} /> : "—" },
          {
            label: "Made",
            value: (
              <>
                <Time at={token.created_at} /> {token.created_by && `by ${token.created_by.name}`}
              </>
            ),
          },
        ]}
      />
      <h3 className="mt-6 mb-2 font-medium text-sm">Devices that used it</h3>
      <TokenUses tokenId={token.id} waiting={token.state === "usable" && token.uses === 0} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${token.name}`}
        confirmLabel="Revoke"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() =>
          revoke.mutate(token, {
            onSuccess: () => {
              toast.done(`${token.name} is revoked.`);
              onClose();
            },
          })
        }
      >
        No further device can enroll with it. Those that did are not touched.
      </ConfirmDialog>
    </Dialog>
  );
}
