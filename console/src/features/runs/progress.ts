import type { StatusCount } from "@/components/status-counts";
import type { RunProgress } from "@/lib/api/types";

const ORDER = [
  "succeeded",
  "running",
  "leased",
  "pending",
  "held",
  "failed",
  "timed_out",
  "interrupted",
  "cancelled",
  "expired",
] as const;

/** Where the devices of a run are, in the order in which a bar shows it. */
export const countsOf = (progress: RunProgress): StatusCount[] =>
  ORDER.map((status) => ({ status, count: progress[status] }));

export const failedOf = (progress: RunProgress): number =>
  progress.failed + progress.timed_out + progress.interrupted;

export const waitingOf = (progress: RunProgress): number => progress.pending + progress.held;
