"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { auditQuery, collectAudit } from "@/features/audit/api";
import { AUDIT_FILTERS, auditColumns } from "@/features/audit/components/audit-columns";
import { EventSheet } from "@/features/audit/components/event-sheet";
import type { AuditEvent } from "@/lib/api/types";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";

export function AuditPage() {
  usePageTitle("Audit");
  const list = useListUrl();
  const [open, setOpen] = useState<AuditEvent | null>(null);
  const events = useInfiniteQuery(auditQuery(list.request));
  const columns = auditColumns(setOpen);
  return (
    <ListPage>
      <PageHeader
        title="Audit"
        description="Who did what, to what, when and from where. Entries are never changed."
      />
      <ListToolbar
        list={list}
        searchLabel="Search who, what and on what"
        filters={AUDIT_FILTERS}
        columns={columns}
        collect={() => collectAudit(list.request)}
        csvName="audit"
      />
      <ListBody>
        <DataTable
          label="Audit"
          query={events}
          columns={columns}
          list={list}
          rowId={(event) => event.id}
          onOpen={setOpen}
          empty={
            <EmptyState
              icon={ScrollText}
              title={list.isFiltered ? "No entry matches" : "Nothing has happened yet"}
              action={list.isFiltered && <Button onClick={list.clear}>Clear the filters</Button>}
            >
              {!list.isFiltered && "Every change somebody makes is written here."}
            </EmptyState>
          }
        />
      </ListBody>
      {open && <EventSheet event={open} onClose={() => setOpen(null)} />}
    </ListPage>
  );
}
