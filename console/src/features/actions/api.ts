import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  cancelAction,
  listActions,
  queueActions,
  readAction,
  readLog,
  runActionAgain,
} from "@/lib/api/generated/sdk.gen";
import { type ListState, listQuery } from "@/lib/api/request";
import type { Action, LogChunk } from "@/lib/api/types";
import { collect, cursorList } from "@/lib/list/cursor-list";
import { isOpen } from "./open-states";

export const actionKeys = {
  all: ["actions"] as const,
  list: (state: ListState) => ["actions", "list", state] as const,
  detail: (id: string) => ["action", id] as const,
  log: (id: string) => ["action", id, "log"] as const,
};

export const actionsQuery = (state: ListState) =>
  cursorList<Action>({
    queryKey: actionKeys.list(state),
    fetchPage: (cursor, signal) =>
      listActions({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

const CSV_LIMIT = 10_000;
export const collectActions = (state: ListState) =>
  collect<Action>((cursor) => listActions({ query: listQuery({ ...state, limit: 200 }, cursor) }), CSV_LIMIT);

const OPEN_POLL_MS = 4_000;

export const actionQuery = (id: string) =>
  queryOptions({
    queryKey: actionKeys.detail(id),
    queryFn: ({ signal }) => readAction({ path: { action_id: id }, signal }),
    // The event stream tells of each change; this catches one it missed while somebody is watching.
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? OPEN_POLL_MS : false),
  });

export type ActionLog = { chunks: LogChunk[]; lastSeq: number; complete: boolean; truncated: boolean };
const NO_LOG: ActionLog = { chunks: [], lastSeq: -1, complete: false, truncated: false };
const CHUNKS_PER_READ = 500;
const LOG_POLL_MS = 2_000;

/** Reads only what is new since the last read and keeps what it has. */
export const actionLogQuery = (id: string) =>
  queryOptions({
    queryKey: actionKeys.log(id),
    queryFn: ({ client, signal }) => readOn(client, id, signal),
    // The event stream tells of new lines; this catches what it missed.
    refetchInterval: (query) => (query.state.data?.complete ? false : LOG_POLL_MS),
    staleTime: 0,
  });

async function readOn(client: QueryClient, id: string, signal: AbortSignal): Promise<ActionLog> {
  let log = client.getQueryData<ActionLog>(actionKeys.log(id)) ?? NO_LOG;
  for (;;) {
    const page = await readLog({
      path: { action_id: id },
      query: { after_seq: log.lastSeq, limit: CHUNKS_PER_READ },
      signal,
    });
    log = {
      chunks: page.chunks.length > 0 ? [...log.chunks, ...page.chunks] : log.chunks,
      lastSeq: page.chunks.at(-1)?.seq ?? log.lastSeq,
      complete: page.complete,
      truncated: page.truncated,
    };
    if (page.chunks.length < CHUNKS_PER_READ) return log;
  }
}

export const logTextHref = (id: string) => `/api/v1/actions/${id}/log.txt`;

function useActionMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: actionKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["action"] }),
        queryClient.invalidateQueries({ queryKey: ["overview"] }),
      ]),
  });
}

export const useCancelAction = () =>
  useActionMutation((id: string) => cancelAction({ path: { action_id: id } }));

export const useRunAgain = () =>
  useActionMutation((id: string) => runActionAgain({ path: { action_id: id } }));

export type RunOrder = {
  deviceIds: string[];
  payload: Record<string, unknown>;
  timeoutSeconds: number | null;
  expiresInSeconds: number | null;
};

/** The key makes a repeated click, or a retry after a lost answer, one order. */
export const useQueueRun = () =>
  useActionMutation(({ order, idempotencyKey }: { order: RunOrder; idempotencyKey: string }) =>
    queueActions({
      body: {
        device_ids: order.deviceIds,
        kind: "run_script",
        payload: order.payload,
        timeout_s: order.timeoutSeconds,
        expires_in_s: order.expiresInSeconds,
      },
      headers: { "Idempotency-Key": idempotencyKey },
    }),
  );

const STATES = [
  "succeeded",
  "running",
  "leased",
  "pending",
  "failed",
  "timed_out",
  "interrupted",
  "cancelled",
  "expired",
] as const;

/** One count per state: the list gives totals, so a run of ten thousand costs nine small questions. */
export const batchCountsQuery = (batchId: string) =>
  queryOptions({
    queryKey: ["actions", "batch", batchId],
    queryFn: ({ signal }) =>
      Promise.all(
        STATES.map(async (status) => {
          const page = await listActions({
            query: listQuery({
              limit: 1,
              total: true,
              filters: [
                { field: "batch_id", op: "eq", value: batchId },
                { field: "status", op: "eq", value: status },
              ],
            }),
            signal,
          });
          return { status, count: page.total ?? 0 };
        }),
      ),
  });
