import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { createSecret, deleteSecret, listSecrets, updateSecret } from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { Secret } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const secretKeys = {
  all: ["secrets"] as const,
  list: (state: ListState) => ["secrets", state] as const,
};

export const secretsQuery = (state: ListState) =>
  cursorList<Secret>({
    queryKey: secretKeys.list(state),
    fetchPage: (cursor, signal) => listSecrets({ query: listQuery(state, cursor), signal }),
  });

/** All of them, by name only, for choosing one as a parameter. */
export const secretChoicesQuery = queryOptions({
  queryKey: ["secrets", "choices"],
  queryFn: ({ signal }) => listSecrets({ query: listQuery({ limit: 200 }), signal }),
});

export type SecretDraft = { name: string; kind: Secret["kind"]; description: string; value: string };

function useSecretMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: secretKeys.all }),
  });
}

/** An empty value keeps the one that is set: it cannot be read back. */
export const useSaveSecret = () =>
  useSecretMutation(({ secret, draft }: { secret: Secret | null; draft: SecretDraft }) => {
    if (!secret) return createSecret({ body: draft });
    const { name, description, value } = draft;
    return updateSecret({
      path: { secret_id: secret.id },
      body: value ? { name, description, value } : { name, description },
      headers: ifMatch(secret.version),
    });
  });

export const useDeleteSecret = () =>
  useSecretMutation((secret: Secret) =>
    deleteSecret({ path: { secret_id: secret.id }, headers: ifMatch(secret.version) }),
  );
