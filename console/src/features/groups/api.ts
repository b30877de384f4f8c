import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeDeviceGroup,
  countDevices,
  createDeviceGroup,
  deleteDeviceGroup,
  getDeviceGroup,
  listDeviceGroups,
  listFilterFields,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { DeviceFilter, DeviceGroup, GroupChange, GroupIn } from "@/lib/api/types";
import { collect, cursorList } from "@/lib/list/cursor-list";

export const groupKeys = {
  all: ["device_groups"] as const,
  list: (state: ListState) => ["device_groups", "list", state] as const,
  detail: (id: string) => ["device_group", id] as const,
  static: ["device_groups", "static"] as const,
};

export const groupsQuery = (state: ListState) =>
  cursorList<DeviceGroup>({
    queryKey: groupKeys.list(state),
    fetchPage: (cursor, signal) =>
      listDeviceGroups({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

const CSV_LIMIT = 10_000;
export const collectGroups = (state: ListState) =>
  collect<DeviceGroup>(
    (cursor) => listDeviceGroups({ query: listQuery({ ...state, limit: 200 }, cursor) }),
    CSV_LIMIT,
  );

export const groupQuery = (id: string) =>
  queryOptions({
    queryKey: groupKeys.detail(id),
    queryFn: ({ signal }) => getDeviceGroup({ path: { group_id: id }, signal }),
  });

/** Those a rule can name. */
export const staticGroupsQuery = queryOptions({
  queryKey: groupKeys.static,
  queryFn: async ({ signal }) =>
    (
      await listDeviceGroups({
        query: listQuery({ limit: 200, filters: [{ field: "is_dynamic", op: "eq", value: "false" }] }),
        signal,
      })
    ).items,
});

/** What rules can be about: the server says it, so that the form can never offer what it refuses. */
export const fieldsQuery = queryOptions({
  queryKey: ["device_groups", "fields"],
  queryFn: ({ signal }) => listFilterFields({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

const COUNT_AGAIN_MS = 10_000;

/** How many devices match now; asked again while somebody looks, because devices come and go. */
export const countQuery = (filter: DeviceFilter | null) =>
  queryOptions({
    queryKey: ["devices", "count", filter],
    queryFn: ({ signal }) => countDevices({ body: { filter }, signal }),
    enabled: filter !== null,
    refetchInterval: COUNT_AGAIN_MS,
  });

function useGroupMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: groupKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["device_group"] }),
        queryClient.invalidateQueries({ queryKey: ["devices"] }),
      ]),
  });
}

export const useCreateGroup = () => useGroupMutation((group: GroupIn) => createDeviceGroup({ body: group }));

export const useChangeGroup = () =>
  useGroupMutation(({ group, change }: { group: DeviceGroup; change: GroupChange }) =>
    changeDeviceGroup({ path: { group_id: group.id }, body: change, headers: ifMatch(group.version) }),
  );

export const useDeleteGroup = () =>
  useGroupMutation((group: DeviceGroup) =>
    deleteDeviceGroup({ path: { group_id: group.id }, headers: ifMatch(group.version) }),
  );
