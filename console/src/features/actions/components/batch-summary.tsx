"use client";

import { useQuery } from "@tanstack/react-query";
import { statusLook } from "@/components/status-badge";
import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { batchCountsQuery } from "../api";

const bars = {
  ok: "fill-ok",
  run: "fill-run",
  wait: "fill-wait",
  bad: "fill-bad",
  odd: "fill-odd",
  idle: "fill-idle",
};
const dots = { ok: "bg-ok", run: "bg-run", wait: "bg-wait", bad: "bg-bad", odd: "bg-odd", idle: "bg-idle" };

/** How far one run on many devices has come. */
export function BatchSummary({ batchId }: { batchId: string }) {
  const counts = useQuery(batchCountsQuery(batchId));
  const states = (counts.data ?? []).filter((state) => state.count > 0);
  const total = states.reduce((sum, state) => sum + state.count, 0);
  if (total < 2) return null;
  let at = 0;
  return (
    <section aria-label="This run" className="mb-4 rounded-panel border border-line bg-surface px-4 py-3">
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="h-1.5 w-full" aria-hidden>
        {states.map((state) => {
          const width = (state.count / total) * 100;
          at += width;
          return (
            <rect
              key={state.status}
              x={at - width}
              width={width}
              height="4"
              className={bars[statusLook(state.status).tone]}
            />
          );
        })}
      </svg>
      <ul className="mt-2.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {states.map((state) => {
          const look = statusLook(state.status);
          return (
            <li key={state.status} className="flex items-center gap-1.5">
              <span aria-hidden className={cn("size-2 rounded-full", dots[look.tone])} />
              <span className="figures font-medium">{count(state.count)}</span>
              <span className="text-muted">{look.word}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
