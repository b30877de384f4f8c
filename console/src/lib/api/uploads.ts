import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { cancelUpload, listUploads } from "./generated/sdk.gen";

/** Files that are on their way to the server or wait there to be used; images and driver packs both have them. */
export const uploadsQuery = queryOptions({
  queryKey: ["uploads"],
  queryFn: async ({ signal }) => (await listUploads({ signal })).items,
});

export function useCancelUpload() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (uploadId: string) => cancelUpload({ path: { upload_id: uploadId } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: uploadsQuery.queryKey }),
  });
}
