"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Disc3, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { PageDrop } from "@/components/upload/page-drop";
import { UploadsPanel } from "@/components/upload/uploads-panel";
import { type ImageDraft, imagesQuery, useFinishImageUpload } from "@/features/images/api";
import { IMAGE_COLUMNS, IMAGE_FILTERS } from "@/features/images/components/image-columns";
import type { ImportStart } from "@/features/images/components/import-sheet";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useUrlValue } from "@/lib/url-state";

const ImportSheet = lazy(() =>
  import("@/features/images/components/import-sheet").then((module) => ({ default: module.ImportSheet })),
);

export function ImagesPage() {
  usePageTitle("Images");
  const can = useCan();
  const list = useListUrl("name");
  const images = useInfiniteQuery(imagesQuery(list.request));
  const finish = useFinishImageUpload();
  const [asked, setAsked] = useUrlValue("new");
  const [start, setStart] = useState<ImportStart | null>(null);
  const total = images.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const writes = can("images:write");
  const importButton = writes && (
    <Button variant="primary" onClick={() => setStart({})}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      Import an image
    </Button>
  );
  const sheet = start ?? (asked && writes ? {} : null);
  return (
    <PageDrop
      label="Drop it to import an OS image"
      enabled={writes && !sheet}
      onDrop={(dropped) => dropped.kind === "file" && setStart({ file: dropped.file })}
    >
      <ListPage>
        <PageHeader
          title="Images"
          meta={!isEmpty && total !== null && plural(total, "image")}
          actions={!isEmpty && importButton}
        />
        {writes && (
          <UploadsPanel
            purpose="image"
            finish={finish}
            onDetails={(upload, draft) => setStart({ upload, draft: draft as ImageDraft | null })}
          />
        )}
        {!isEmpty && (
          <ListToolbar
            list={list}
            searchLabel="Search name, version and description"
            filters={IMAGE_FILTERS}
            columns={IMAGE_COLUMNS}
          />
        )}
        <ListBody>
          <DataTable
            label="OS images"
            query={images}
            columns={IMAGE_COLUMNS}
            list={list}
            rowId={(image) => image.id}
            rowHref={(image) => paths.image(image.id)}
            rowStamp={(image) => `${image.version} ${image.state}`}
            empty={
              list.isFiltered ? (
                <EmptyState
                  icon={Disc3}
                  title="No image matches"
                  action={<Button onClick={list.clear}>Clear search and filters</Button>}
                />
              ) : (
                <EmptyState icon={Disc3} title="No OS images yet" action={importButton}>
                  An image is what a profile puts on a disk. Drop a Windows ISO, a WIM or an ESD on this page,
                  give an address, or take one from the server's import folder. An ISO brings WinPE as well.
                </EmptyState>
              )
            }
          />
        </ListBody>
        <Suspense>
          {sheet && (
            <ImportSheet
              start={sheet}
              onClose={() => {
                setStart(null);
                setAsked(null);
              }}
            />
          )}
        </Suspense>
      </ListPage>
    </PageDrop>
  );
}
