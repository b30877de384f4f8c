import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeDriverPack,
  deleteDriverPack,
  getDriverPack,
  importDriverPack,
  listDriverInfs,
  listDriverPacks,
  listMachineModels,
  listServerDrivers,
  retryDriverPack,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { DriverPack, DriverRule, PackChange, PackIn } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const driverKeys = {
  list: (state: ListState) => ["driver-packs", "list", state] as const,
  detail: (id: string) => ["driver-pack", id] as const,
  infs: (id: string) => ["driver-pack", id, "infs"] as const,
  models: ["driver-packs", "models"] as const,
};

const WORKING_MS = 2_000;

export const packsQuery = (state: ListState) => ({
  ...cursorList<DriverPack>({
    queryKey: driverKeys.list(state),
    fetchPage: (cursor, signal) =>
      listDriverPacks({ query: listQuery({ ...state, total: true }, cursor), signal }),
  }),
  refetchInterval: (query: { state: { data?: { pages: { items: DriverPack[] }[] } } }) =>
    query.state.data?.pages.some((page) => page.items.some((pack) => pack.state === "importing"))
      ? WORKING_MS
      : false,
});

export const packQuery = (id: string) =>
  queryOptions({
    queryKey: driverKeys.detail(id),
    queryFn: ({ signal }) => getDriverPack({ path: { pack_id: id }, signal }),
    enabled: id !== "",
    refetchInterval: (query) => (query.state.data?.state === "importing" ? WORKING_MS : false),
  });

export const infsQuery = (pack: Pick<DriverPack, "id" | "state">) =>
  queryOptions({
    queryKey: [...driverKeys.infs(pack.id), pack.state],
    queryFn: async ({ signal }) => (await listDriverInfs({ path: { pack_id: pack.id }, signal })).items,
  });

/** The models of the fleet, each with the packs that it gets. */
export const modelsQuery = queryOptions({
  queryKey: driverKeys.models,
  queryFn: async ({ signal }) => (await listMachineModels({ signal })).items,
});

export const serverDriversQuery = queryOptions({
  queryKey: ["driver-packs", "server-files"],
  queryFn: ({ signal }) => listServerDrivers({ signal }),
});

export type PackDraft = {
  name: string;
  pack_version: string;
  description: string;
  sha256: string;
  rules: DriverRule[];
};

export function packBody(draft: PackDraft, source: Pick<PackIn, "upload_id" | "path">): PackIn {
  return { ...draft, sha256: draft.sha256.trim() || null, ...source };
}

function usePackMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all(
        ["driver-packs", "driver-pack", "uploads"].map((key) =>
          queryClient.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  });
}

export const useImportPack = () => usePackMutation((body: PackIn) => importDriverPack({ body }));

/** For an upload that ends while one looks at another page. */
export function useFinishPackUpload() {
  const { mutateAsync } = useImportPack();
  return (uploadId: string, draft: unknown) =>
    mutateAsync(packBody(draft as PackDraft, { upload_id: uploadId }));
}

export const useChangePack = () =>
  usePackMutation(({ pack, change }: { pack: DriverPack; change: PackChange }) =>
    changeDriverPack({ path: { pack_id: pack.id }, body: change, headers: ifMatch(pack.version) }),
  );

export const useDeletePack = () =>
  usePackMutation((pack: DriverPack) =>
    deleteDriverPack({ path: { pack_id: pack.id }, headers: ifMatch(pack.version) }),
  );

export const useRetryPack = () =>
  usePackMutation((pack: DriverPack) => retryDriverPack({ path: { pack_id: pack.id } }));
