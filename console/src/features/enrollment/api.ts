import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  getEnrollmentToken,
  listEnrollmentTokens,
  listEnrollmentTokenUses,
  makeEnrollmentToken,
  revokeEnrollmentToken,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { EnrollmentToken, EnrollmentTokenCreate } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const enrollmentKeys = {
  all: ["enrollment"] as const,
  list: (state: ListState) => ["enrollment", "list", state] as const,
  detail: (id: string) => ["enrollment", "token", id] as const,
  uses: (id: string) => ["enrollment", "uses", id] as const,
};

export const enrollmentTokensQuery = (state: ListState) =>
  cursorList<EnrollmentToken>({
    queryKey: enrollmentKeys.list(state),
    fetchPage: (cursor, signal) => listEnrollmentTokens({ query: listQuery(state, cursor), signal }),
  });

export const enrollmentTokenQuery = (id: string) =>
  queryOptions({
    queryKey: enrollmentKeys.detail(id),
    queryFn: ({ signal }) => getEnrollmentToken({ path: { token_id: id }, signal }),
  });

const WAIT_POLL_MS = 3_000;

/** Who used a token. While a first device is awaited it is also polled: the event may come before the stream opens. */
export const tokenUsesQuery = (id: string, waiting = false) =>
  queryOptions({
    queryKey: enrollmentKeys.uses(id),
    queryFn: ({ signal }) =>
      listEnrollmentTokenUses({ path: { token_id: id }, query: { limit: 50 }, signal }),
    refetchInterval: waiting ? WAIT_POLL_MS : false,
  });

export function useCreateToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: EnrollmentTokenCreate) => makeEnrollmentToken({ body }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: enrollmentKeys.all }),
  });
}

export function useRevokeToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (token: EnrollmentToken) =>
      revokeEnrollmentToken({ path: { token_id: token.id }, headers: ifMatch(token.version) }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: enrollmentKeys.all }),
  });
}
