"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { LogViewer } from "@/components/log/log-viewer";
import { ErrorState } from "@/components/states";
import type { DeploymentDetail } from "@/lib/api/types";
import { deploymentLogQuery } from "../api";
import { isLive } from "../states";

type DeploymentLogPanelProps = { deployment: DeploymentDetail; position: number | null };

/** The output of one step, or of the whole deployment, with the rescue log of a failure at its end. */
export function DeploymentLogPanel({ deployment, position }: DeploymentLogPanelProps) {
  const log = useQuery(deploymentLogQuery(deployment.id, position));
  const chunks = useMemo(
    () =>
      (log.data?.pieces ?? []).map((piece) => ({
        seq: piece.number,
        at: piece.at,
        stream:
          piece.stream === "err"
            ? ("err" as const)
            : piece.stream === "out"
              ? ("out" as const)
              : ("agent" as const),
        text: piece.text,
      })),
    [log.data?.pieces],
  );
  if (log.isError && !log.data) {
    return <ErrorState error={log.error} onRetry={() => log.refetch()} what="The log" />;
  }
  return (
    <LogViewer
      key={position ?? "all"}
      chunks={chunks}
      live={isLive(deployment.state) && !log.data?.complete}
      empty={log.isPending ? "Reading the log…" : "Nothing has been printed yet."}
    />
  );
}
