"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { KeySquare, Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import type { Column } from "@/components/list/columns";
import { DataTable } from "@/components/list/data-table";
import { EmptyState } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { ApiKey } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { lazyPart } from "@/lib/lazy-part";
import { useListUrl } from "@/lib/list/list-state";
import { useCan } from "@/lib/session";
import { apiKeysQuery, useRevokeApiKey } from "../api";

const ApiKeySheet = lazyPart(() => import("./api-key-sheet").then((module) => module.ApiKeySheet));

export function ApiKeysTab() {
  const can = useCan();
  const list = useListUrl("-created_at");
  const keys = useInfiniteQuery(apiKeysQuery({ sort: list.sort }));
  const revoke = useRevokeApiKey();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const editable = can("api_keys:write");
  const create = editable && (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New API key
    </Button>
  );
  return (
    <>
      <div className="mb-3 flex justify-end empty:hidden">{create}</div>
      <DataTable
        label="API keys"
        query={keys}
        columns={columns(editable ? setRevoking : undefined)}
        list={list}
        rowId={(key) => key.id}
        empty={
          <EmptyState icon={KeySquare} title="No API keys yet" action={create}>
            A key lets a program use the API with exactly the rights you give it.
          </EmptyState>
        }
      />
      <Suspense>{creating && <ApiKeySheet onClose={() => setCreating(false)} />}</Suspense>
      {revoking && (
        <ConfirmDialog
          open
          onOpenChange={() => setRevoking(null)}
          title={`Revoke ${revoking.name}`}
          confirmLabel="Revoke"
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() =>
            revoke.mutate(revoking, {
              onSuccess: () => {
                toast.done(`${revoking.name} is revoked.`);
                setRevoking(null);
              },
            })
          }
        >
          Programs that use it are refused from now on.
        </ConfirmDialog>
      )}
    </>
  );
}

function keyStatus(key: ApiKey): string {
  if (key.revoked_at) return "revoked";
  return key.expires_at && Date.parse(key.expires_at) < Date.now() ? "expired" : "active";
}

function columns(onRevoke: ((key: ApiKey) => void) | undefined): Column<ApiKey>[] {
  return [
    {
      id: "name",
      header: "Name",
      width: 180,
      grow: 1.6,
      phone: true,
      under: (key) => (
        <>
          {plural(key.permissions.length, "permission")} · used <Time at={key.last_used_at} />
        </>
      ),
      cell: (key) => key.name,
    },
    {
      id: "state",
      header: "State",
      width: 110,
      grow: 0,
      phone: true,
      cell: (key) => <StatusBadge status={keyStatus(key)} />,
    },
    {
      id: "prefix",
      header: "Begins with",
      width: 130,
      grow: 0.6,
      cell: (key) => <span className="font-mono text-muted text-xs">{key.prefix}…</span>,
    },
    {
      id: "rights",
      header: "Rights",
      width: 140,
      cell: (key) => (
        <span className="text-muted" title={key.permissions.join(", ")}>
          {plural(key.permissions.length, "permission")}
        </span>
      ),
    },
    {
      id: "used",
      header: "Last used",
      width: 110,
      grow: 0,
      align: "right",
      cell: (key) => <Time at={key.last_used_at} className="text-muted" />,
    },
    {
      id: "expires",
      header: "Expires",
      width: 110,
      grow: 0,
      align: "right",
      cell: (key) => <Time at={key.expires_at} className="text-muted" />,
    },
    ...(onRevoke
      ? [
          {
            id: "revoke",
            header: "",
            width: 90,
            grow: 0,
            align: "right" as const,
            phone: true,
            cell: (key: ApiKey) =>
              key.revoked_at === null && (
                <Button
                  size="sm"
                  variant="ghost"
                  onClick={() => onRevoke(key)}
                  aria-label={`Revoke ${key.name}`}
                >
                  Revoke
                </Button>
              ),
          },
        ]
      : []),
  ];
}
