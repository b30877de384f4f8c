import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  approveDevice,
  changeDevice,
  changeDevices,
  editDevices,
  getDevice,
  getDeviceInventory,
  listDeviceGroups,
  listDevices,
  rejectDeviceKey,
  retireDevice,
  revokeDevice,
  summarizeDevices,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { Device } from "@/lib/api/types";
import { collect, cursorList } from "@/lib/list/cursor-list";

/** The server takes at most this many devices in one order. */
export const MAX_TARGETS = 10_000;
const BATCH = 500;

export const deviceKeys = {
  all: ["devices"] as const,
  list: (state: ListState) => ["devices", "list", state] as const,
  chosen: (ids: string[]) => ["devices", "chosen", ids] as const,
  summary: ["devices", "summary"] as const,
  detail: (id: string) => ["device", id] as const,
  inventory: (id: string) => ["device", id, "inventory"] as const,
};

export const devicesQuery = (state: ListState) =>
  cursorList<Device>({
    queryKey: deviceKeys.list(state),
    fetchPage: (cursor, signal) =>
      listDevices({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

export const collectDevices = (state: ListState) =>
  collect<Device>(
    (cursor) => listDevices({ query: listQuery({ ...state, limit: 200 }, cursor) }),
    MAX_TARGETS,
  );

/** The devices of a run, by id: read one by one for a handful, which is what a link carries. */
export const chosenDevicesQuery = (ids: string[]) =>
  queryOptions({
    queryKey: deviceKeys.chosen(ids),
    queryFn: async ({ signal }) =>
      Promise.all(ids.map((id) => getDevice({ path: { device_id: id }, signal }))),
    enabled: ids.length > 0,
  });

export const deviceSummaryQuery = queryOptions({
  queryKey: deviceKeys.summary,
  queryFn: ({ signal }) => summarizeDevices({ signal }),
});

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: deviceKeys.detail(id),
    queryFn: ({ signal }) => getDevice({ path: { device_id: id }, signal }),
  });

export const deviceInventoryQuery = (id: string) =>
  queryOptions({
    queryKey: deviceKeys.inventory(id),
    queryFn: ({ signal }) => getDeviceInventory({ path: { device_id: id }, signal }),
    retry: false,
  });

function useDeviceMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: deviceKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["device"] }),
        queryClient.invalidateQueries({ queryKey: ["overview"] }),
      ]),
  });
}

export const useApproveDevice = () =>
  useDeviceMutation((id: string) => approveDevice({ path: { device_id: id } }));

export const useRejectKey = () =>
  useDeviceMutation((id: string) => rejectDeviceKey({ path: { device_id: id } }));

export const useRevokeDevice = () =>
  useDeviceMutation((id: string) => revokeDevice({ path: { device_id: id } }));

export const useSetTags = () =>
  useDeviceMutation(({ device, tags }: { device: Device; tags: string[] }) =>
    changeDevice({ path: { device_id: device.id }, body: { tags }, headers: ifMatch(device.version) }),
  );

export const useRetireDevice = () =>
  useDeviceMutation((device: Device) =>
    retireDevice({ path: { device_id: device.id }, headers: ifMatch(device.version) }),
  );

/** Those that devices can be put into by hand. */
export const chosenGroupsQuery = queryOptions({
  queryKey: ["device_groups", "chosen"],
  queryFn: async ({ signal }) =>
    (
      await listDeviceGroups({
        query: listQuery({ limit: 200, filters: [{ field: "is_dynamic", op: "eq", value: "false" }] }),
        signal,
      })
    ).items,
});

export type GroupEdit = { ids: string[]; join?: string; leave?: string };

/** One act for all of them, and one line on the trail. */
export const useGroupEdit = () =>
  useDeviceMutation(({ ids, join, leave }: GroupEdit) =>
    editDevices({
      body: {
        targets: { device_ids: ids },
        add_to_groups: join ? [join] : [],
        remove_from_groups: leave ? [leave] : [],
      },
    }),
  );

export type DeviceOrder = { ids: string[]; op: "approve" | "revoke" | "tag" | "untag"; tags?: string[] };
export type BatchOutcome = { succeeded: number; failed: { id: string; code: string }[] };

/** One order for many devices, in requests small enough to show where it stopped. */
export const useDeviceBatch = () =>
  useDeviceMutation(async ({ ids, op, tags }: DeviceOrder): Promise<BatchOutcome> => {
    const outcome: BatchOutcome = { succeeded: 0, failed: [] };
    for (let start = 0; start < ids.length; start += BATCH) {
      const { results } = await changeDevices({ body: { ids: ids.slice(start, start + BATCH), op, tags } });
      for (const result of results) {
        if (result.ok) outcome.succeeded += 1;
        else outcome.failed.push({ id: result.id, code: result.code ?? "unknown" });
      }
    }
    return outcome;
  });
