"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Callout } from "@/components/panel";
import { errorText } from "@/components/states";
import { runPreviewQuery } from "@/features/runs/api";
import type { RunIn } from "@/lib/api/types";
import { count, plural } from "@/lib/format";

/** Who will do it, as the server sees it now, before anything is queued. */
export function RunPreview({ order }: { order: RunIn | null }) {
  const preview = useQuery({ ...runPreviewQuery(order), placeholderData: keepPreviousData });
  if (order === null) return null;
  if (preview.isError) {
    return (
      <p role="alert" className="text-bad text-sm">
        {errorText(preview.error)}
      </p>
    );
  }
  if (!preview.data) {
    return <p className="text-muted text-sm">Looking who can do it…</p>;
  }
  const { total, online, offline, skipped } = preview.data;
  return (
    <div role="status" className="flex flex-col gap-2 text-sm">
      <p>
        {total === 0 ? "None of them can do this." : `${plural(total, "device")} will do it`}
        {total > 0 && (
          <span className="text-muted">{` · ${count(online)} online, ${count(offline)} away`}</span>
        )}
      </p>
      {skipped.map((left) => (
        <Callout key={left.reason} tone="wait" title={`${count(left.count)} left out`}>
          {left.reason} ({left.examples.join(", ")})
        </Callout>
      ))}
    </div>
  );
}
