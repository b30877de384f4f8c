"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity, Play } from "lucide-react";
import { Button, ButtonLink } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { actionsQuery, collectActions } from "@/features/actions/api";
import { ACTION_COLUMNS, ACTION_FILTERS } from "@/features/actions/components/action-columns";
import { BatchSummary } from "@/features/actions/components/batch-summary";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function ActionsPage() {
  usePageTitle("Actions");
  const can = useCan();
  const list = useListUrl("-created_at");
  const actions = useInfiniteQuery(actionsQuery(list.request));
  const total = actions.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const batchId = list.filters.find((filter) => filter.field === "batch_id")?.value;
  const run = can("actions:run") && (
    <ButtonLink href={paths.run()} variant="primary">
      <Play className="size-4" strokeWidth={1.5} aria-hidden />
      Run a script
    </ButtonLink>
  );
  return (
    <ListPage>
      <PageHeader
        title="Actions"
        meta={!isEmpty && total !== null && plural(total, "action")}
        actions={!isEmpty && run}
      />
      {batchId && <BatchSummary batchId={batchId} />}
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search script or device"
          filters={ACTION_FILTERS}
          columns={ACTION_COLUMNS}
          collect={() => collectActions(list.request)}
          csvName="actions"
        />
      )}
      <ListBody>
        <DataTable
          label="Actions"
          query={actions}
          columns={ACTION_COLUMNS}
          list={list}
          rowId={(action) => action.id}
          rowHref={(action) => paths.action(action.id)}
          rowStamp={(action) => `${action.status} ${action.cancel_requested_at}`}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={Activity}
                title="No action matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={Activity} title="Nothing was run yet" action={run}>
                Every script run on a device is an action: it waits for devices that are away, keeps its log,
                and says how it ended.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </ListPage>
  );
}
