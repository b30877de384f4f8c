"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Cpu, Monitor, Plus } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage, Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState, NoPermission } from "@/components/states";
import { PageDrop } from "@/components/upload/page-drop";
import { UploadsPanel } from "@/components/upload/uploads-panel";
import { type PackDraft, packsQuery, useFinishPackUpload } from "@/features/drivers/api";
import { ModelsTable } from "@/features/drivers/components/models-table";
import { PACK_COLUMNS, PACK_FILTERS } from "@/features/drivers/components/pack-columns";
import type { PackStart } from "@/features/drivers/components/pack-sheet";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useUrlState } from "@/lib/url-state";

const PackSheet = lazy(() =>
  import("@/features/drivers/components/pack-sheet").then((module) => ({ default: module.PackSheet })),
);

export function DriversPage() {
  const can = useCan();
  const writes = can("drivers:write");
  const { get, set: setUrl } = useUrlState();
  const models = get("tab") === "models";
  usePageTitle(models ? "Models and drivers" : "Drivers");
  const finish = useFinishPackUpload();
  const [start, setStart] = useState<PackStart | null>(null);
  const sheet = start ?? (get("new") && writes ? {} : null);
  const add = writes && (
    <Button variant="primary" onClick={() => setStart({})}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      Add a driver pack
    </Button>
  );
  const uploads = writes && (
    <UploadsPanel
      purpose="driver_pack"
      finish={finish}
      onDetails={(upload, draft) => setStart({ upload, draft: draft as PackDraft | null })}
    />
  );
  return (
    <PageDrop
      label="Drop it to add a driver pack"
      enabled={writes && !sheet}
      onDrop={(dropped) => setStart({ dropped })}
    >
      {models ? (
        <Page>
          <PageHeader
            title="Models and drivers"
            description="What your devices are, and which driver packs each model gets when it is deployed."
            actions={
              <>
                <Button onClick={() => setUrl({ tab: null })}>
                  <Cpu className="size-4" strokeWidth={1.5} aria-hidden />
                  Driver packs
                </Button>
                {add}
              </>
            }
          />
          {uploads}
          <div className="overflow-hidden rounded-panel border border-line bg-surface">
            {can("devices:read") ? (
              <ModelsTable
                onAdd={
                  writes
                    ? ({ manufacturer, model, sku }) =>
                        setStart({ rule: { manufacturer, model, sku: model ? null : sku } })
                    : undefined
                }
              />
            ) : (
              <NoPermission what="The models of your devices" />
            )}
          </div>
        </Page>
      ) : (
        <ListPage>
          <PacksList
            uploads={uploads}
            acts={
              <>
                <Button onClick={() => setUrl({ tab: "models" })}>
                  <Monitor className="size-4" strokeWidth={1.5} aria-hidden />
                  Models and matches
                </Button>
                {add}
              </>
            }
          />
        </ListPage>
      )}
      <Suspense>
        {sheet && (
          <PackSheet
            start={sheet}
            onClose={() => {
              setStart(null);
              setUrl({ new: null });
            }}
          />
        )}
      </Suspense>
    </PageDrop>
  );
}

function PacksList({ acts, uploads }: { acts: ReactNode; uploads: ReactNode }) {
  const list = useListUrl("name");
  const packs = useInfiniteQuery(packsQuery(list.request));
  const total = packs.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  return (
    <>
      <PageHeader
        title="Drivers"
        meta={!isEmpty && total !== null && plural(total, "driver pack")}
        actions={!isEmpty && acts}
      />
      {uploads}
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search name, file and rules"
          filters={PACK_FILTERS}
          columns={PACK_COLUMNS}
        />
      )}
      <ListBody>
        <DataTable
          label="Driver packs"
          query={packs}
          columns={PACK_COLUMNS}
          list={list}
          rowId={(pack) => pack.id}
          rowHref={(pack) => paths.driverPack(pack.id)}
          rowStamp={(pack) => `${pack.version} ${pack.state}`}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={Cpu}
                title="No driver pack matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={Cpu} title="No driver packs yet" action={acts}>
                Drivers go onto a machine while it is deployed, by its model. Drop a maker's zip, cab or
                driver folder on this page and say which machines it is for.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </>
  );
}
