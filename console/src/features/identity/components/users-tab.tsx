"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus, Users } from "lucide-react";
import { Suspense, useState } from "react";
import { Button } from "@/components/button";
import type { Column } from "@/components/list/columns";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { EmptyState } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import type { User } from "@/lib/api/types";
import { lazyPart } from "@/lib/lazy-part";
import { useListUrl } from "@/lib/list/list-state";
import { useCan } from "@/lib/session";
import { usersQuery } from "../api";
import { userStatus } from "../user-status";

const InviteSheet = lazyPart(() => import("./invite-sheet").then((module) => module.InviteSheet));
const UserSheet = lazyPart(() => import("./user-sheet").then((module) => module.UserSheet));

export function UsersTab() {
  const can = useCan();
  const list = useListUrl("name");
  const users = useInfiniteQuery(usersQuery(list.request));
  const [open, setOpen] = useState<string | null>(null);
  const [inviting, setInviting] = useState(false);
  const user = users.data?.items.find((each) => each.id === open);
  return (
    <>
      <ListToolbar list={list} searchLabel="Search name and address">
        {can("users:write") && (
          <Button variant="primary" onClick={() => setInviting(true)}>
            <Plus className="size-4" strokeWidth={1.5} aria-hidden />
            Invite
          </Button>
        )}
      </ListToolbar>
      <DataTable
        label="Users"
        query={users}
        columns={columns((each) => setOpen(each.id))}
        list={list}
        rowId={(each) => each.id}
        onOpen={(each) => setOpen(each.id)}
        empty={
          <EmptyState
            icon={Users}
            title="Nobody matches"
            action={list.isFiltered && <Button onClick={list.clear}>Clear the search</Button>}
          />
        }
      />
      <Suspense>
        {user && <UserSheet user={user} onClose={() => setOpen(null)} />}
        {inviting && <InviteSheet onClose={() => setInviting(false)} />}
      </Suspense>
    </>
  );
}

function columns(onOpen: (user: User) => void): Column<User>[] {
  return [
    {
      id: "name",
      header: "Name",
      width: 190,
      grow: 1.6,
      sort: "name",
      phone: true,
      under: (user) => user.email,
      cell: (user) => (
        <button
          type="button"
          className="max-w-full truncate rounded-control hover:underline"
          onClick={() => onOpen(user)}
        >
          {user.name}
        </button>
      ),
    },
    {
      id: "email",
      header: "E-mail",
      width: 220,
      grow: 1.8,
      sort: "email",
      cell: (user) => <span className="text-muted">{user.email}</span>,
    },
    { id: "role", header: "Role", width: 130, cell: (user) => user.role.name },
    {
      id: "state",
      header: "State",
      width: 110,
      grow: 0,
      phone: true,
      cell: (user) => <StatusBadge status={userStatus(user)} />,
    },
    {
      id: "totp",
      header: "Second factor",
      width: 120,
      grow: 0.6,
      cell: (user) => <span className="text-muted">{user.totp_enabled ? "On" : "Off"}</span>,
    },
    {
      id: "last",
      header: "Last sign-in",
      width: 120,
      grow: 0,
      align: "right",
      cell: (user) => <Time at={user.last_sign_in_at} className="text-muted" />,
    },
  ];
}
