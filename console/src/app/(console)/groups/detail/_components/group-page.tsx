"use client";

import { useQuery } from "@tanstack/react-query";
import { DetailMissing } from "@/components/detail-missing";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { NoPermission, PanelSkeleton } from "@/components/states";
import { fieldsQuery, groupQuery } from "@/features/groups/api";
import { useDetailId } from "@/lib/detail-id";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useUrlValue } from "@/lib/url-state";
import { GroupForm } from "./group-form";

export function GroupPage() {
  const [asked] = useUrlValue("id");
  return asked === "new" ? <NewGroup /> : <KnownGroup />;
}

function NewGroup() {
  const can = useCan();
  usePageTitle("New group");
  return (
    <Page>
      {can("devices:write") ? (
        <>
          <PageHeader
            title="New group"
            description="Devices that belong together, to filter by and to act on."
          />
          <GroupForm group={null} fields={[]} />
        </>
      ) : (
        <NoPermission what="Making groups" />
      )}
    </Page>
  );
}

function KnownGroup() {
  const id = useDetailId();
  const group = useQuery(groupQuery(id));
  const fields = useQuery(fieldsQuery);
  usePageTitle(group.data?.name ?? "Group");
  if (!group.data)
    return (
      <DetailMissing id={id} query={group} noun="group" all={{ label: "All groups", href: paths.groups }} />
    );
  return (
    <Page>
      <PageHeader
        title={group.data.name}
        meta={group.data.is_dynamic ? "Found by rules" : "Chosen one by one"}
      />
      {fields.data ? (
        <GroupForm key={group.data.version} group={group.data} fields={fields.data.items} />
      ) : (
        <PanelSkeleton label="Loading the group" />
      )}
    </Page>
  );
}
