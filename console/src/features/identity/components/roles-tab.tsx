"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { Button } from "@/components/button";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Tag } from "@/components/tag";
import type { Role } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { lazyPart } from "@/lib/lazy-part";
import { useCan } from "@/lib/session";
import { rolesQuery } from "../api";

const RoleSheet = lazyPart(() => import("./role-sheet").then((module) => module.RoleSheet));

export function RolesTab() {
  const can = useCan();
  const roles = useQuery(rolesQuery);
  const [open, setOpen] = useState<Role | "new" | null>(null);
  if (roles.isPending) return <PanelSkeleton label="Loading the roles" />;
  if (roles.isError)
    return <ErrorState error={roles.error} onRetry={() => roles.refetch()} what="The roles" />;
  return (
    <>
      {can("roles:write") && (
        <div className="mb-3 flex justify-end">
          <Button variant="primary" onClick={() => setOpen("new")}>
            <Plus className="size-4" strokeWidth={1.5} aria-hidden />
            New role
          </Button>
        </div>
      )}
      <ul className="divide-y divide-line overflow-hidden rounded-panel border border-line bg-surface">
        {roles.data.items.map((role) => (
          <li key={role.id}>
            <button
              type="button"
              onClick={() => setOpen(role)}
              className="grid w-full items-center gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[minmax(0,1fr)_auto_5rem] text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
            >
              <span className="min-w-0">
                <span className="flex items-center gap-2 font-medium">
                  {role.name} {role.built_in && <Tag>built in</Tag>}
                </span>
                <span className="block text-muted">{role.description || "—"}</span>
              </span>
              <span className="figures text-muted sm:text-right">
                {plural(role.permissions.length, "permission")}
                <span className="sm:hidden"> · {plural(role.user_count, "person", "people")}</span>
              </span>
              <span className="figures text-right text-muted max-sm:hidden">
                {plural(role.user_count, "person", "people")}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Suspense>
        {open && <RoleSheet role={open === "new" ? null : open} onClose={() => setOpen(null)} />}
      </Suspense>
    </>
  );
}
