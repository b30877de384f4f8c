import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  cancelImageImport,
  changeImage,
  deleteBootEnvironment,
  deleteImage,
  getImage,
  importImage,
  listBootEnvironments,
  listDriverPacks,
  listImages,
  listServerImages,
  makeBootEnvironment,
  retryImageImport,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { BootEnvironment, BootEnvironmentIn, ImageChange, ImportIn, OsImage } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const imageKeys = {
  all: ["images"] as const,
  list: (state: ListState) => ["images", "list", state] as const,
  detail: (id: string) => ["image", id] as const,
  environments: ["boot-environments"] as const,
};

/** While something is being imported; its page hears of each step, a list asks. */
const WORKING_MS = 2_000;

export const imagesQuery = (state: ListState) => ({
  ...cursorList<OsImage>({
    queryKey: imageKeys.list(state),
    fetchPage: (cursor, signal) =>
      listImages({ query: listQuery({ ...state, total: true }, cursor), signal }),
  }),
  refetchInterval: (query: { state: { data?: { pages: { items: OsImage[] }[] } } }) =>
    query.state.data?.pages.some((page) => page.items.some((image) => image.state === "importing"))
      ? WORKING_MS
      : false,
});

export const imageQuery = (id: string) =>
  queryOptions({
    queryKey: imageKeys.detail(id),
    queryFn: ({ signal }) => getImage({ path: { image_id: id }, signal }),
    enabled: id !== "",
  });

export const serverImagesQuery = queryOptions({
  queryKey: ["image-imports", "server-files"],
  queryFn: ({ signal }) => listServerImages({ signal }),
});

export const environmentsQuery = queryOptions({
  queryKey: imageKeys.environments,
  queryFn: ({ signal }) => listBootEnvironments({ signal }),
  refetchInterval: (query) =>
    query.state.data?.items.some((one) => one.state === "making") ? WORKING_MS : false,
});

/** What WinPE can be made of: images that came as an ISO, and so brought a boot.wim. */
export const bootableImagesQuery = queryOptions({
  queryKey: ["images", "bootable"],
  queryFn: async ({ signal }) => {
    const page = await listImages({ query: listQuery({ limit: 200, sort: "name" }), signal });
    return page.items.filter((image) => image.boot_files.some((file) => file.name === "boot.wim"));
  },
});

export const packsForWinpeQuery = queryOptions({
  queryKey: ["driver-packs", "for-winpe"],
  queryFn: async ({ signal }) => {
    const filters = [{ field: "state", op: "eq" as const, value: "ready" }];
    return (await listDriverPacks({ query: listQuery({ limit: 200, sort: "name", filters }), signal })).items;
  },
});

export type ImageDraft = { name: string; image_version: string; description: string; sha256: string };

export function importBody(
  draft: ImageDraft,
  source: Pick<ImportIn, "upload_id" | "url" | "path">,
): ImportIn {
  return { ...draft, sha256: draft.sha256.trim() || null, ...source };
}

function useLibraryMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all(
        ["images", "image", "uploads", "boot-environments"].map((key) =>
          queryClient.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  });
}

export const useImportImage = () => useLibraryMutation((body: ImportIn) => importImage({ body }));

/** For an upload that ends while one looks at another page. */
export function useFinishImageUpload() {
  const { mutateAsync } = useImportImage();
  return (uploadId: string, draft: unknown) =>
    mutateAsync(importBody(draft as ImageDraft, { upload_id: uploadId }));
}

export const useChangeImage = () =>
  useLibraryMutation(({ image, change }: { image: OsImage; change: ImageChange }) =>
    changeImage({ path: { image_id: image.id }, body: change, headers: ifMatch(image.version) }),
  );

export const useDeleteImage = () =>
  useLibraryMutation((image: OsImage) =>
    deleteImage({ path: { image_id: image.id }, headers: ifMatch(image.version) }),
  );

export const useCancelImport = () =>
  useLibraryMutation((image: OsImage) => cancelImageImport({ path: { import_id: image.importing.id } }));

export const useRetryImport = () =>
  useLibraryMutation((image: OsImage) => retryImageImport({ path: { import_id: image.importing.id } }));

export const useMakeEnvironment = () =>
  useLibraryMutation((body: BootEnvironmentIn) => makeBootEnvironment({ body }));

export const useDeleteEnvironment = () =>
  useLibraryMutation((environment: BootEnvironment) =>
    deleteBootEnvironment({
      path: { environment_id: environment.id },
      headers: ifMatch(environment.version),
    }),
  );
