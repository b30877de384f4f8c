import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  acceptInvitation,
  answerTotp,
  changePassword,
  chooseTenant,
  completeSetup,
  confirmTotp,
  createApiKey,
  createRole,
  deleteRole,
  deleteUser,
  disableTotp,
  endSession,
  getSession,
  getSettings,
  getSetup,
  inviteUser,
  listApiKeys,
  listPermissions,
  listRoles,
  listSessions,
  listUsers,
  newRecoveryCodes,
  resetInvite,
  revokeApiKey,
  signIn,
  signOut,
  startTotp,
  stepUp,
  updateMe,
  updateRole,
  updateSettings,
  updateUser,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { ApiKey, Role, SetupRequest, SignIn, User } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const identityKeys = {
  session: ["session"] as const,
  sessions: ["sessions"] as const,
  users: (state: ListState) => ["users", state] as const,
  roles: ["roles"] as const,
  permissions: ["permissions"] as const,
  apiKeys: (state: ListState) => ["api_keys", state] as const,
  settings: ["settings"] as const,
  setup: ["setup"] as const,
};

export const setupQuery = queryOptions({
  queryKey: identityKeys.setup,
  queryFn: ({ signal }) => getSetup({ signal }),
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
});

export const sessionQuery = queryOptions({
  queryKey: identityKeys.session,
  queryFn: ({ signal }) => getSession({ signal }),
  staleTime: 60_000,
});

export const sessionsQuery = queryOptions({
  queryKey: identityKeys.sessions,
  queryFn: ({ signal }) => listSessions({ signal }),
});

export const usersQuery = (state: ListState) =>
  cursorList<User>({
    queryKey: identityKeys.users(state),
    fetchPage: (cursor, signal) => listUsers({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

export const rolesQuery = queryOptions({
  queryKey: identityKeys.roles,
  queryFn: ({ signal }) => listRoles({ query: listQuery({ limit: 200 }), signal }),
});

export const permissionsQuery = queryOptions({
  queryKey: identityKeys.permissions,
  queryFn: ({ signal }) => listPermissions({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const apiKeysQuery = (state: ListState) =>
  cursorList<ApiKey>({
    queryKey: identityKeys.apiKeys(state),
    fetchPage: (cursor, signal) => listApiKeys({ query: listQuery(state, cursor), signal }),
  });

export const settingsQuery = queryOptions({
  queryKey: identityKeys.settings,
  queryFn: ({ signal }) => getSettings({ signal }),
});

export const useCompleteSetup = () =>
  useMutation({ mutationFn: (body: SetupRequest) => completeSetup({ body }) });
export const useSignIn = () => useMutation({ mutationFn: (body: SignIn) => signIn({ body }) });
export const useAnswerTotp = () =>
  useMutation({ mutationFn: (body: { challenge: string; code: string }) => answerTotp({ body }) });
export const useStepUp = () =>
  useMutation({ mutationFn: (body: { password: string; code?: string }) => stepUp({ body }) });
export const useAcceptInvitation = () =>
  useMutation({ mutationFn: (body: { token: string; password: string }) => acceptInvitation({ body }) });
export const useChangePassword = () =>
  useMutation({ mutationFn: (body: { current: string; new: string }) => changePassword({ body }) });
export const useStartTotp = () => useMutation({ mutationFn: () => startTotp() });
export const useNewRecoveryCodes = () => useMutation({ mutationFn: () => newRecoveryCodes() });

export function useSignOut() {
  return useMutation({ mutationFn: () => signOut() });
}

export function useChooseTenant() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (tenantId: string) => chooseTenant({ body: { tenant_id: tenantId } }),
    onSuccess: () => queryClient.resetQueries(),
  });
}

function useIdentityMutation<Input, Output>(
  mutationFn: (input: Input) => Promise<Output>,
  ...touched: (readonly unknown[])[]
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => Promise.all(touched.map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}

export const useUpdateMe = () =>
  useIdentityMutation((name: string) => updateMe({ body: { name } }), identityKeys.session);
export const useConfirmTotp = () =>
  useIdentityMutation((code: string) => confirmTotp({ body: { code } }), identityKeys.session);
export const useDisableTotp = () =>
  useIdentityMutation((password: string) => disableTotp({ body: { password } }), identityKeys.session);
export const useEndSession = () =>
  useIdentityMutation((id: string) => endSession({ path: { session_id: id } }), identityKeys.sessions);

export const useInviteUser = () =>
  useIdentityMutation(
    (body: { email: string; name: string; role_id: string }) => inviteUser({ body }),
    ["users"],
    identityKeys.roles,
  );
export const useResetInvite = () =>
  useIdentityMutation((user: User) => resetInvite({ path: { user_id: user.id } }), ["users"]);
export const useUpdateUser = () =>
  useIdentityMutation(
    ({ user, ...body }: { user: User; role_id?: string; is_active?: boolean }) =>
      updateUser({ path: { user_id: user.id }, body, headers: ifMatch(user.version) }),
    ["users"],
    identityKeys.roles,
  );
export const useDeleteUser = () =>
  useIdentityMutation(
    (user: User) => deleteUser({ path: { user_id: user.id }, headers: ifMatch(user.version) }),
    ["users"],
    identityKeys.roles,
  );

export type RoleDraft = { name: string; description: string; permissions: string[] };
export const useSaveRole = () =>
  useIdentityMutation(
    ({ role, draft }: { role: Role | null; draft: RoleDraft }) =>
      role
        ? updateRole({ path: { role_id: role.id }, body: draft, headers: ifMatch(role.version) })
        : createRole({ body: draft }),
    identityKeys.roles,
    identityKeys.session,
  );
export const useDeleteRole = () =>
  useIdentityMutation(
    (role: Role) => deleteRole({ path: { role_id: role.id }, headers: ifMatch(role.version) }),
    identityKeys.roles,
  );

export const useCreateApiKey = () =>
  useIdentityMutation(
    (body: { name: string; permissions: string[]; expires_at: string | null }) => createApiKey({ body }),
    ["api_keys"],
  );
export const useRevokeApiKey = () =>
  useIdentityMutation(
    (key: ApiKey) => revokeApiKey({ path: { api_key_id: key.id }, headers: ifMatch(key.version) }),
    ["api_keys"],
  );

export type SettingsDraft = { organisation: string; public_url: string | null; action_expiry_days: number };
export const useUpdateSettings = () =>
  useIdentityMutation(
    ({ version, ...body }: SettingsDraft & { version: number }) =>
      updateSettings({ body, headers: ifMatch(version) }),
    identityKeys.settings,
    identityKeys.session,
  );
