import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  cancelRun,
  getRun,
  getRunGrid,
  listRuns,
  previewRun,
  retryRun,
  startRun,
} from "@/lib/api/generated/sdk.gen";
import { type ListState, listQuery } from "@/lib/api/request";
import type { Run, RunIn } from "@/lib/api/types";
import { collect, cursorList } from "@/lib/list/cursor-list";

export const runKeys = {
  all: ["runs"] as const,
  list: (state: ListState) => ["runs", "list", state] as const,
  detail: (id: string) => ["run", id] as const,
  grid: (id: string) => ["run", id, "grid"] as const,
  names: (id: string) => ["run-names", id] as const,
};

export const runsQuery = (state: ListState) =>
  cursorList<Run>({
    queryKey: runKeys.list(state),
    fetchPage: (cursor, signal) => listRuns({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

const CSV_LIMIT = 10_000;
export const collectRuns = (state: ListState) =>
  collect<Run>((cursor) => listRuns({ query: listQuery({ ...state, limit: 200 }, cursor) }), CSV_LIMIT);

const OPEN_POLL_MS = 4_000;

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: runKeys.detail(id),
    queryFn: ({ signal }) => getRun({ path: { run_id: id }, signal }),
    // The event stream tells of each change; this catches one it missed while somebody is watching.
    refetchInterval: ({ state }) => (state.data && state.data.ended_at === null ? OPEN_POLL_MS : false),
  });

/** One letter a device, ten kilobytes for ten thousand: fetched again with each change. */
export const runGridQuery = (id: string) =>
  queryOptions({
    queryKey: runKeys.grid(id),
    queryFn: ({ signal }) => getRunGrid({ path: { run_id: id }, query: { names: false }, signal }),
  });

/** Which device each letter is; that never changes. */
export const runNamesQuery = (id: string) =>
  queryOptions({
    queryKey: runKeys.names(id),
    queryFn: ({ signal }) => getRunGrid({ path: { run_id: id }, query: { names: true }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const runPreviewQuery = (order: RunIn | null) =>
  queryOptions({
    queryKey: ["runs", "preview", order],
    queryFn: ({ signal }) => previewRun({ body: order as RunIn, signal }),
    enabled: order !== null,
  });

function useRunMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all(
        [["runs"], ["run"], ["actions"], ["overview"]].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

/** The key makes a repeated click, or a retry after a lost answer, one run. */
export const useStartRun = () =>
  useRunMutation(({ order, idempotencyKey }: { order: RunIn; idempotencyKey: string }) =>
    startRun({ body: order, headers: { "Idempotency-Key": idempotencyKey } }),
  );

export const useCancelRun = () => useRunMutation((id: string) => cancelRun({ path: { run_id: id } }));

export const useRetryRun = () => useRunMutation((id: string) => retryRun({ path: { run_id: id } }));
