"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Lock, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import type { Column } from "@/components/list/columns";
import { DataTable } from "@/components/list/data-table";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { Time } from "@/components/time";
import { secretsQuery } from "@/features/secrets/api";
import { KINDS, SecretSheet } from "@/features/secrets/components/secret-sheet";
import type { Secret } from "@/lib/api/types";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { useCan } from "@/lib/session";

export function SecretsPage() {
  usePageTitle("Secrets");
  const can = useCan();
  const list = useListUrl("name");
  const [open, setOpen] = useState<Secret | "new" | null>(null);
  const secrets = useInfiniteQuery(secretsQuery(list.request));
  const editable = can("secrets:write");
  const create = editable && (
    <Button variant="primary" onClick={() => setOpen("new")}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New secret
    </Button>
  );
  return (
    <ListPage>
      <PageHeader
        title="Secrets"
        description="Passwords and tokens your scripts need. Values go in and never come out."
        actions={secrets.data?.items.length !== 0 && create}
      />
      <ListBody>
        <DataTable
          label="Secrets"
          query={secrets}
          columns={columns(editable ? setOpen : undefined)}
          list={list}
          rowId={(secret) => secret.id}
          onOpen={editable ? setOpen : undefined}
          empty={
            <EmptyState icon={Lock} title="No secrets yet" action={create}>
              Keep a password here instead of in a script. A run hands it to the device; logs show it masked.
            </EmptyState>
          }
        />
      </ListBody>
      {open && <SecretSheet secret={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </ListPage>
  );
}

function columns(onOpen: ((secret: Secret) => void) | undefined): Column<Secret>[] {
  return [
    {
      id: "name",
      header: "Name",
      width: 200,
      grow: 1.6,
      sort: "name",
      phone: true,
      under: setWhen,
      cell: (secret) =>
        onOpen ? (
          <button
            type="button"
            className="max-w-full truncate rounded-control hover:underline"
            onClick={() => onOpen(secret)}
          >
            {secret.name}
          </button>
        ) : (
          secret.name
        ),
    },
    {
      id: "kind",
      header: "Kind",
      width: 120,
      grow: 0,
      phone: true,
      cell: (secret) => (
        <span className="text-muted">
          {KINDS.find((kind) => kind.value === secret.kind)?.label ?? secret.kind}
        </span>
      ),
    },
    {
      id: "description",
      header: "Description",
      width: 220,
      grow: 2,
      cell: (secret) => <span className="text-muted">{secret.description || "—"}</span>,
    },
    {
      id: "set",
      header: "Value",
      width: 200,
      grow: 1.2,
      cell: (secret) => <span className="text-muted">{setWhen(secret)}</span>,
    },
  ];
}

function setWhen(secret: Secret): ReactNode {
  return (
    <>
      set <Time at={secret.set_at} />
      {secret.set_by && ` by ${secret.set_by.name}`}
    </>
  );
}
