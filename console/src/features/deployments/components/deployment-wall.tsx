"use client";

import { useQuery } from "@tanstack/react-query";
import { HardDriveDownload } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { wallQuery } from "../api";
import { byNeed } from "../states";
import { DeploymentCard } from "./deployment-card";

/** A card for each machine that is under way, those that need somebody first. */
export function DeploymentWall({ emptyAction }: { emptyAction: ReactNode }) {
  const wall = useQuery(wallQuery);
  if (wall.isError && !wall.data) {
    return <ErrorState error={wall.error} onRetry={() => wall.refetch()} what="The wall" />;
  }
  if (!wall.data) return <PanelSkeleton rows={6} label="Loading the wall" />;
  if (wall.data.length === 0) {
    return (
      <div className="rounded-panel border border-line bg-surface">
        <EmptyState icon={HardDriveDownload} title="No machine is being deployed" action={emptyAction}>
          Start a machine from the network and it appears here, or arm one to deploy by itself when it starts.
        </EmptyState>
      </div>
    );
  }
  return (
    <ul
      aria-label="Machines"
      className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-4"
    >
      {byNeed(wall.data).map((deployment) => (
        <li key={deployment.id} className="grid">
          <DeploymentCard deployment={deployment} />
        </li>
      ))}
    </ul>
  );
}
