"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { FileUp, LayoutTemplate, ListChecks, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage, Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { profilesQuery } from "@/features/profiles/api";
import { PROFILE_COLUMNS, PROFILE_FILTERS } from "@/features/profiles/components/profile-columns";
import { TemplatesTab } from "@/features/profiles/components/templates-tab";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useUrlState } from "@/lib/url-state";

const NewProfileDialog = lazy(() =>
  import("@/features/profiles/components/new-profile-dialog").then((module) => ({
    default: module.NewProfileDialog,
  })),
);
const ImportDialog = lazy(() =>
  import("@/features/profiles/components/import-dialog").then((module) => ({ default: module.ImportDialog })),
);

export function ProfilesPage() {
  const { get, set: setUrl } = useUrlState();
  const tab = get("tab");
  // "1", or the template to begin with.
  const making = get("new");
  const [importing, setImporting] = useState(false);
  const can = useCan();
  usePageTitle(tab === "templates" ? "Templates" : "Profiles");
  const acts = can("profiles:write") && (
    <>
      <Button onClick={() => setImporting(true)}>
        <FileUp className="size-4" strokeWidth={1.5} aria-hidden />
        Import
      </Button>
      <Button variant="primary" onClick={() => setUrl({ new: "1" })}>
        <Plus className="size-4" strokeWidth={1.5} aria-hidden />
        New profile
      </Button>
    </>
  );
  const dialogs = (
    <Suspense>
      {making && (
        <NewProfileDialog
          templateId={making === "1" ? undefined : making}
          onClose={() => setUrl({ new: null })}
        />
      )}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </Suspense>
  );
  if (tab === "templates") {
    return (
      <Page>
        <PageHeader
          title="Templates"
          description="Starting points for profiles. Nothing is deployed with a template itself."
          actions={
            <>
              <Button onClick={() => setUrl({ tab: null })}>
                <ListChecks className="size-4" strokeWidth={1.5} aria-hidden />
                Profiles
              </Button>
              {acts}
            </>
          }
        />
        <TemplatesTab onUse={(id) => setUrl({ new: id })} />
        {dialogs}
      </Page>
    );
  }
  return (
    <ListPage>
      <ProfilesList
        acts={
          <>
            <Button onClick={() => setUrl({ tab: "templates" })}>
              <LayoutTemplate className="size-4" strokeWidth={1.5} aria-hidden />
              Templates
            </Button>
            {acts}
          </>
        }
      />
      {dialogs}
    </ListPage>
  );
}

function ProfilesList({ acts }: { acts: React.ReactNode }) {
  const list = useListUrl("name");
  const profiles = useInfiniteQuery(profilesQuery(list.request));
  const total = profiles.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  return (
    <>
      <PageHeader
        title="Profiles"
        meta={!isEmpty && total !== null && plural(total, "profile")}
        actions={!isEmpty && acts}
      />
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search name, description and tags"
          filters={PROFILE_FILTERS}
          columns={PROFILE_COLUMNS}
        />
      )}
      <ListBody>
        <DataTable
          label="Profiles"
          query={profiles}
          columns={PROFILE_COLUMNS}
          list={list}
          rowId={(profile) => profile.id}
          rowHref={(profile) => paths.profile(profile.id)}
          rowStamp={(profile) => String(profile.version)}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={ListChecks}
                title="No profile matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={ListChecks} title="No profiles yet" action={acts}>
                A profile says what a machine becomes: its image, its name, and the steps that lead there.
                Begin with one of the templates.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </>
  );
}
