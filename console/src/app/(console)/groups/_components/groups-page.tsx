"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { Button, ButtonLink } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { collectGroups, groupsQuery } from "@/features/groups/api";
import { GROUP_COLUMNS, GROUP_FILTERS } from "@/features/groups/components/group-columns";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function GroupsPage() {
  usePageTitle("Groups");
  const can = useCan();
  const list = useListUrl("name");
  const groups = useInfiniteQuery(groupsQuery(list.request));
  const total = groups.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const create = can("devices:write") && (
    <ButtonLink href={paths.newGroup} variant="primary">
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New group
    </ButtonLink>
  );
  return (
    <ListPage>
      <PageHeader
        title="Groups"
        meta={!isEmpty && total !== null && plural(total, "group")}
        actions={!isEmpty && create}
      />
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search name or description"
          filters={GROUP_FILTERS}
          columns={GROUP_COLUMNS}
          collect={() => collectGroups(list.request)}
          csvName="groups"
        />
      )}
      <ListBody>
        <DataTable
          label="Groups"
          query={groups}
          columns={GROUP_COLUMNS}
          list={list}
          rowId={(group) => group.id}
          rowHref={(group) => paths.group(group.id)}
          rowStamp={(group) => `${group.version} ${group.device_count}`}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={Boxes}
                title="No group matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={Boxes} title="No groups yet" action={create}>
                A group is devices that belong together: chosen one by one, or found by rules such as “System
                version less than 10.0.22631”. Rules are asked anew each time, so a group is always of today.
              </EmptyState>
            )
          }
        />
      </ListBody>
    </ListPage>
  );
}
