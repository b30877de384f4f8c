import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  abortDeployment,
  armDeployment,
  listDeployments,
  readDeployment,
  readDeploymentLog,
  retryDeployment,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { Deployment, DeploymentDetail, DeploymentLogPiece } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";
import { isLive, LIVE_STATES } from "./states";

export const deploymentKeys = {
  all: ["deployments"] as const,
  list: (state: ListState) => ["deployments", "list", state] as const,
  wall: ["deployments", "wall"] as const,
  detail: (id: string) => ["deployment", id] as const,
  log: (id: string, position: number | null) => ["deployment", id, "log", position] as const,
};

export const deploymentsQuery = (state: ListState) =>
  cursorList<Deployment>({
    queryKey: deploymentKeys.list(state),
    fetchPage: (cursor, signal) =>
      listDeployments({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

const WALL_MOST = 200;
const WALL_POLL_MS = 5_000;
const FAILED_FOR_MS = 24 * 3_600_000;

/** What the wall shows: all that is under way, and what failed in the last day. */
export const wallQuery = queryOptions({
  queryKey: deploymentKeys.wall,
  queryFn: async ({ signal }): Promise<Deployment[]> => {
    const since = new Date(Date.now() - FAILED_FOR_MS).toISOString();
    const [live, failed] = await Promise.all([
      listDeployments({
        query: listQuery({
          limit: WALL_MOST,
          filters: [{ field: "state", op: "in", value: LIVE_STATES.join(",") }],
        }),
        signal,
      }),
      listDeployments({
        query: listQuery({
          limit: 50,
          filters: [
            { field: "state", op: "eq", value: "failed" },
            { field: "created_at", op: "gte", value: since },
          ],
        }),
        signal,
      }),
    ]);
    return [...failed.items, ...live.items];
  },
  // The event stream tells of each change; progress and silence go on without one.
  refetchInterval: WALL_POLL_MS,
});

const OPEN_POLL_MS = 3_000;

export const deploymentQuery = (id: string) =>
  queryOptions({
    queryKey: deploymentKeys.detail(id),
    queryFn: ({ signal }) => readDeployment({ path: { deployment_id: id }, signal }),
    refetchInterval: ({ state }) => (state.data && isLive(state.data.state) ? OPEN_POLL_MS : false),
  });

export type DeploymentLog = { pieces: DeploymentLogPiece[]; after: number; complete: boolean };
const NO_LOG: DeploymentLog = { pieces: [], after: 0, complete: false };
const PIECES_PER_READ = 500;
const LOG_POLL_MS = 2_000;

/** Reads only what is new since the last read and keeps what it has. `position` null: the whole deployment's. */
export const deploymentLogQuery = (id: string, position: number | null) =>
  queryOptions({
    queryKey: deploymentKeys.log(id, position),
    queryFn: ({ client, signal }) => readOn(client, id, position, signal),
    refetchInterval: (query) => (query.state.data?.complete ? false : LOG_POLL_MS),
    staleTime: 0,
  });

async function readOn(
  client: QueryClient,
  id: string,
  position: number | null,
  signal: AbortSignal,
): Promise<DeploymentLog> {
  let log = client.getQueryData<DeploymentLog>(deploymentKeys.log(id, position)) ?? NO_LOG;
  for (;;) {
    const page = await readDeploymentLog({
      path: { deployment_id: id },
      query: {
        after: log.after,
        limit: PIECES_PER_READ,
        ...(position === null ? {} : { position }),
      },
      signal,
    });
    log = {
      pieces: page.pieces.length > 0 ? [...log.pieces, ...page.pieces] : log.pieces,
      after: page.next_after,
      complete: page.complete,
    };
    if (page.pieces.length < PIECES_PER_READ) return log;
  }
}

function useDeploymentMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: deploymentKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["deployment"] }),
        queryClient.invalidateQueries({ queryKey: ["overview"] }),
      ]),
  });
}

export const useAbortDeployment = () =>
  useDeploymentMutation((deployment: Deployment) =>
    abortDeployment({ path: { deployment_id: deployment.id }, headers: ifMatch(deployment.version) }),
  );

export const useRetryDeployment = () =>
  useDeploymentMutation(
    ({ deployment, position }: { deployment: DeploymentDetail; position: number | null }) =>
      retryDeployment({
        path: { deployment_id: deployment.id },
        body: { position },
        headers: ifMatch(deployment.version),
      }),
  );

export type ArmOrder = {
  deviceId: string | null;
  machine: { mac: string | null; serial: string | null; manufacturer: string | null } | null;
  profileId: string;
  hours: number;
  computerName: string | null;
};

export const useArmDeployment = () =>
  useDeploymentMutation((order: ArmOrder) =>
    armDeployment({
      body: {
        device_id: order.deviceId,
        machine: order.machine,
        profile_id: order.profileId,
        hours: order.hours,
        computer_name: order.computerName,
      },
    }),
  );
