"use client";

import { useQuery } from "@tanstack/react-query";
import { type MouseEvent, useState } from "react";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { statusLook } from "@/components/status-badge";
import { plural } from "@/lib/format";
import { runGridQuery, runNamesQuery } from "../api";
import { cellAt, GRID_WIDTH, gridHeight, gridPaths, statusAt } from "../grid";

const fills = {
  ok: "fill-ok",
  run: "fill-run",
  wait: "fill-wait",
  bad: "fill-bad",
  odd: "fill-odd",
  idle: "fill-idle",
};

/** A square for each device, in the order of the run. The list of its actions says the same to those who cannot see it. */
export function RunGrid({ id }: { id: string }) {
  const grid = useQuery(runGridQuery(id));
  const names = useQuery(runNamesQuery(id)).data;
  const [pointed, setPointed] = useState<number | null>(null);
  const statuses = grid.data?.statuses ?? "";
  const height = gridHeight(statuses.length);
  const indexOf = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = GRID_WIDTH / box.width;
    return cellAt((event.clientX - box.left) * scale, (event.clientY - box.top) * scale, statuses.length);
  };
  return (
    <Panel title="Devices" description="One square each; point at one to see which.">
      {grid.isError ? (
        <ErrorState error={grid.error} onRetry={() => grid.refetch()} what="The devices of this run" />
      ) : grid.data ? (
        <>
          <svg
            viewBox={`0 0 ${GRID_WIDTH} ${height}`}
            className="w-full"
            role="img"
            aria-label={`${plural(statuses.length, "device")}, coloured by how far each is; the actions of this run list them`}
            onMouseMove={(event) => setPointed(indexOf(event))}
            onMouseLeave={() => setPointed(null)}
          >
            {[...gridPaths(statuses)].map(([status, path]) => (
              <path key={status} d={path} className={fills[statusLook(status).tone]} />
            ))}
          </svg>
          <p className="mt-2 min-h-5 text-muted text-sm" aria-hidden>
            {pointed !== null && (
              <>
                {names?.hostnames?.[pointed] ?? "…"} · {statusLook(statusAt(statuses, pointed)).word}
              </>
            )}
          </p>
        </>
      ) : (
        <PanelSkeleton label="Loading the devices of this run" />
      )}
    </Panel>
  );
}
