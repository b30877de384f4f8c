"use client";

import { useQuery } from "@tanstack/react-query";
import { LogViewer } from "@/components/log/log-viewer";
import { ErrorState } from "@/components/states";
import type { ActionDetail } from "@/lib/api/types";
import { actionLogQuery, logTextHref } from "../api";
import { isOpen } from "../open-states";

export function ActionLogPanel({ action }: { action: ActionDetail }) {
  const log = useQuery(actionLogQuery(action.id));
  if (log.isError && !log.data) {
    return <ErrorState error={log.error} onRetry={() => log.refetch()} what="The log" />;
  }
  const open = isOpen(action);
  return (
    <LogViewer
      chunks={log.data?.chunks ?? []}
      live={open || log.data?.complete === false}
      truncated={action.log_truncated || log.data?.truncated}
      downloadHref={logTextHref(action.id)}
      empty={log.isPending ? "Reading the log…" : open ? waiting(action) : "It printed nothing."}
    />
  );
}

function waiting(action: ActionDetail): string {
  if (action.status === "running") return "Running. What it prints appears here as it is printed.";
  return action.reason ?? "Nothing has been printed yet.";
}
