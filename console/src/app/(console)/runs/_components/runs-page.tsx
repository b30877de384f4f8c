"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Layers, Play } from "lucide-react";
import { Button, ButtonLink } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { collectRuns, runsQuery } from "@/features/runs/api";
import { RUN_COLUMNS, RUN_FILTERS } from "@/features/runs/components/run-columns";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function RunsPage() {
  usePageTitle("Runs");
  const can = useCan();
  const list = useListUrl("-created_at");
  const runs = useInfiniteQuery(runsQuery(list.request));
  const total = runs.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const run = can("actions:run") && (
    <ButtonLink href={paths.run()} variant="primary">
      <Play className="size-4" strokeWidth={1.5} aria-hidden />
      Run a script
    </ButtonLink>
  );
  return (
    <ListPage>
      <PageHeader
        title="Runs"
        meta={!isEmpty && total !== null && plural(total, "run")}
        actions={!isEmpty && run}
      />
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search what was run"
          filters={RUN_FILTERS}
          columns={RUN_COLUMNS}
          collect={() => collectRuns(list.request)}
          csvName="runs"
        />
      )}
      <ListBody>
        <DataTable
          label="Runs"
          query={runs}
          columns={RUN_COLUMNS}
          list={list}
          rowId={(one) => one.id}
          rowHref={(one) => paths.runDetail(one.id)}
          rowStamp={(one) => `${one.state} ${JSON.stringify(one.progress)}`}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={Layers}
                title="No run matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={Layers} title="Nothing was run on several devices yet" action={run}>
                A run does one thing on many devices: it says who will do it, keeps to so many at a time,
                stops when too many fail, and can be tried again where it failed.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </ListPage>
  );
}
