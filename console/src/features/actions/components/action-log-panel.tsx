"use client";

import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { ErrorState, PanelSkeleton } from "@/components/states";
import type { ActionDetail } from "@/lib/api/types";
import { lazyPart } from "@/lib/lazy-part";
import { actionLogQuery, logTextHref } from "../api";
import { isOpen } from "../open-states";

const LogViewer = lazyPart(() => import("@/components/log/log-viewer").then((module) => module.LogViewer));

export function ActionLogPanel({ action }: { action: ActionDetail }) {
  const log = useQuery(actionLogQuery(action.id));
  if (log.isError && !log.data) {
    return <ErrorState error={log.error} onRetry={() => log.refetch()} what="The log" />;
  }
  const open = isOpen(action);
  return (
    <Suspense fallback={<LogSkeleton />}>
      <LogViewer
        chunks={log.data?.chunks ?? []}
        live={open || log.data?.complete === false}
        truncated={action.log_truncated || log.data?.truncated}
        downloadHref={logTextHref(action.id)}
        empty={log.isPending ? "Reading the log…" : open ? waiting(action) : "It printed nothing."}
      />
    </Suspense>
  );
}

function LogSkeleton() {
  return (
    <div className="h-[max(18rem,calc(100dvh-14rem))] rounded-panel border border-line bg-sunken">
      <PanelSkeleton rows={8} label="Reading the log" />
    </div>
  );
}

function waiting(action: ActionDetail): string {
  if (action.status === "running") return "Running. What it prints appears here as it is printed.";
  return action.reason ?? "Nothing has been printed yet.";
}
