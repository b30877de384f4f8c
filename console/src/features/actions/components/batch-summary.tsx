"use client";

import { useQuery } from "@tanstack/react-query";
import { StatusCounts } from "@/components/status-counts";
import { batchCountsQuery } from "../api";

/** How far one order on many devices has come. */
export function BatchSummary({ batchId }: { batchId: string }) {
  const counts = useQuery(batchCountsQuery(batchId)).data ?? [];
  if (counts.reduce((sum, state) => sum + state.count, 0) < 2) return null;
  return (
    <section aria-label="This run" className="mb-4 rounded-panel border border-line bg-surface px-4 py-3">
      <StatusCounts counts={counts} />
    </section>
  );
}
