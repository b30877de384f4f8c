"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed } from "@/components/time";
import { actionsQuery } from "@/features/actions/api";
import { paths } from "@/lib/paths";

/** What runs at this moment, as a strip; nothing when nothing does. */
export function RunningStrip() {
  const running = useInfiniteQuery(
    actionsQuery({
      filters: [{ field: "status", op: "in", value: "leased,running" }],
      sort: "-created_at",
      limit: 12,
    }),
  );
  const actions = running.data?.items ?? [];
  if (actions.length === 0) return null;
  return (
    <section aria-labelledby="running-now">
      <h2 id="running-now" className="mb-2 font-semibold text-base">
        Running now
      </h2>
      <div className="-mx-1 flex gap-3 overflow-x-auto px-1 pb-1">
        {actions.map((action) => (
          <Link
            key={action.id}
            href={paths.action(action.id)}
            className="w-64 shrink-0 rounded-panel border border-line bg-surface px-3.5 py-2.5 transition-colors duration-120 hover:bg-hover"
          >
            <p className="truncate font-medium text-sm">{action.title}</p>
            <p className="truncate text-muted text-sm">{action.device.hostname}</p>
            <p className="mt-1 flex items-center justify-between text-muted text-sm">
              <StatusBadge status={action.status} />
              <Elapsed from={action.started_at ?? action.created_at} />
            </p>
          </Link>
        ))}
      </div>
    </section>
  );
}
