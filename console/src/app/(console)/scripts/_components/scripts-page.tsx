"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { FileCode2, Plus } from "lucide-react";
import { Button, ButtonLink } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { scriptsQuery } from "@/features/scripts/api";
import { SCRIPT_COLUMNS, SCRIPT_FILTERS } from "@/features/scripts/components/script-columns";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function ScriptsPage() {
  usePageTitle("Scripts");
  const can = useCan();
  const list = useListUrl("name");
  const scripts = useInfiniteQuery(scriptsQuery(list.request));
  const total = scripts.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const create = can("scripts:write") && (
    <ButtonLink href={paths.newScript} variant="primary">
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New script
    </ButtonLink>
  );
  return (
    <ListPage>
      <PageHeader
        title="Scripts"
        meta={!isEmpty && total !== null && plural(total, "script")}
        actions={!isEmpty && create}
      />
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search name and description"
          filters={SCRIPT_FILTERS}
          columns={SCRIPT_COLUMNS}
        />
      )}
      <ListBody>
        <DataTable
          label="Scripts"
          query={scripts}
          columns={SCRIPT_COLUMNS}
          list={list}
          rowId={(script) => script.id}
          rowHref={(script) => paths.script(script.id)}
          rowStamp={(script) => String(script.version)}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={FileCode2}
                title="No script matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={FileCode2} title="No scripts yet" action={create}>
                Keep what you run more than once here. Each change makes a version, and every run remembers
                which one it was.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </ListPage>
  );
}
