import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeProfile,
  cloneProfile,
  createProfile,
  deleteProfile,
  exportProfile,
  getProfile,
  getProfileVersion,
  importProfile,
  listDriverPacks,
  listImages,
  listProfiles,
  listProfileTaskTypes,
  listProfileTemplates,
  listProfileVersions,
  listScripts,
  listSecrets,
  listSoftwareBundles,
  makeProfileOfTemplate,
  preflightProfile,
  tryNamingPattern,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { Profile, ProfileDetail, ProfileTaskIn } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const profileKeys = {
  all: ["profiles"] as const,
  list: (state: ListState) => ["profiles", "list", state] as const,
  templates: (state: ListState) => ["profiles", "templates", state] as const,
  detail: (id: string) => ["profile", id] as const,
  versions: (id: string) => ["profile", id, "versions"] as const,
  version: (id: string, number: number, against: number) =>
    ["profile", id, "versions", number, against] as const,
  preflight: (id: string, version: number, deviceId: string | null) =>
    ["profile", id, "preflight", version, deviceId] as const,
};

export const profilesQuery = (state: ListState) =>
  cursorList<Profile>({
    queryKey: profileKeys.list(state),
    fetchPage: (cursor, signal) =>
      listProfiles({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

/** Those of the product and one's own; nobody keeps more of them than a page holds. */
export const templatesQuery = queryOptions({
  queryKey: profileKeys.templates({}),
  queryFn: ({ signal }) => listProfileTemplates({ query: listQuery({ limit: 200 }), signal }),
});

export const profileQuery = (id: string) =>
  queryOptions({
    queryKey: profileKeys.detail(id),
    queryFn: ({ signal }) => getProfile({ path: { profile_id: id }, signal }),
    enabled: id !== "",
  });

export const taskTypesQuery = queryOptions({
  queryKey: ["profile-task-types"],
  queryFn: ({ signal }) => listProfileTaskTypes({ signal }),
  // They change with the server's version only.
  staleTime: Number.POSITIVE_INFINITY,
});

export const profileVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: profileKeys.versions(id),
    queryFn: ({ signal }) => listProfileVersions({ path: { profile_id: id }, signal }),
  });

/** A version as its file says it; `against` is the one it is compared with, 0 for none. */
export const profileVersionQuery = (id: string, number: number, against: number) =>
  queryOptions({
    queryKey: profileKeys.version(id, number, against),
    queryFn: ({ signal }) =>
      getProfileVersion({
        path: { profile_id: id, number },
        query: against > 0 ? { against } : undefined,
        signal,
      }),
    enabled: number > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const preflightQuery = (profile: ProfileDetail, deviceId: string | null) =>
  queryOptions({
    queryKey: profileKeys.preflight(profile.id, profile.version, deviceId),
    queryFn: ({ signal }) =>
      preflightProfile({ path: { profile_id: profile.id }, body: { device_id: deviceId }, signal }),
    placeholderData: keepPreviousData,
  });

export const nameExampleQuery = (pattern: string) =>
  queryOptions({
    queryKey: ["profiles", "name-example", pattern],
    queryFn: ({ signal }) => tryNamingPattern({ query: { pattern }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

const MOST = 200;

/** What a profile can name. Each is a list of its own domain, so a change there is seen here. */
export const imageChoicesQuery = queryOptions({
  queryKey: ["images", "for-profiles"],
  queryFn: async ({ signal }) => {
    const { items } = await listImages({ query: listQuery({ limit: MOST }), signal });
    return items.map(({ id, name, image_version, state, editions }) => ({
      id,
      name: [name, image_version].filter(Boolean).join(" ") + (state === "ready" ? "" : ` (${state})`),
      editions,
    }));
  },
});

export const driverPackChoicesQuery = queryOptions({
  queryKey: ["driver-packs", "for-profiles"],
  queryFn: async ({ signal }) => {
    const { items } = await listDriverPacks({ query: listQuery({ limit: MOST }), signal });
    return items.map(({ id, name, pack_version, state }) => ({
      id,
      name: [name, pack_version].filter(Boolean).join(" ") + (state === "ready" ? "" : ` (${state})`),
    }));
  },
});

export const secretChoicesQuery = queryOptions({
  queryKey: ["secrets", "for-profiles"],
  queryFn: async ({ signal }) => {
    const { items } = await listSecrets({ query: listQuery({ limit: MOST }), signal });
    return items.map(({ id, name }) => ({ id, name }));
  },
});

export const bundleChoicesQuery = queryOptions({
  queryKey: ["software-bundles", "for-profiles"],
  queryFn: async ({ signal }) => {
    const { items } = await listSoftwareBundles({ query: listQuery({ limit: MOST }), signal });
    return items.map(({ id, name }) => ({ id, name }));
  },
});

export const scriptChoicesQuery = queryOptions({
  queryKey: ["scripts", "for-profiles"],
  queryFn: async ({ signal }) => {
    const { items } = await listScripts({ query: listQuery({ limit: MOST }), signal });
    return items.map(({ id, name }) => ({ id, name }));
  },
});

export const exportedProfile = (id: string) => exportProfile({ path: { profile_id: id } });

/** What is saved of a profile; every save is a version. */
export type ProfileBody = {
  name: string;
  description: string;
  tags: string[];
  os_image_id: string | null;
  edition_index: number | null;
  computer_naming_pattern: string;
  admin_credentials_ref: string | null;
  agent_auto_install: boolean;
  tasks: ProfileTaskIn[];
};

function useProfileMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: profileKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["profile"] }),
      ]),
  });
}

export const useCreateProfile = () =>
  useProfileMutation(({ name, templateId }: { name: string; templateId: string | null }) =>
    templateId === null
      ? createProfile({ body: { name } })
      : makeProfileOfTemplate({ path: { template_id: templateId }, body: { name } }),
  );

export const useSaveProfile = () =>
  useProfileMutation(
    ({ saved, body, note }: { saved: ProfileDetail; body: Partial<ProfileBody>; note: string }) =>
      changeProfile({
        path: { profile_id: saved.id },
        body: { ...body, note },
        headers: ifMatch(saved.version),
      }),
  );

export const useSetTemplate = () =>
  useProfileMutation((profile: ProfileDetail) =>
    changeProfile({
      path: { profile_id: profile.id },
      body: { is_template: !profile.is_template },
      headers: ifMatch(profile.version),
    }),
  );

export const useCloneProfile = () =>
  useProfileMutation(({ id, name, isTemplate }: { id: string; name: string; isTemplate: boolean }) =>
    cloneProfile({ path: { profile_id: id }, body: { name, is_template: isTemplate } }),
  );

export const useImportProfile = () =>
  useProfileMutation(({ text, name, replace }: { text: string; name: string; replace: boolean }) =>
    importProfile({ body: { text, name: name === "" ? null : name, replace } }),
  );

export const useDeleteProfile = () =>
  useProfileMutation((profile: ProfileDetail) =>
    deleteProfile({ path: { profile_id: profile.id }, headers: ifMatch(profile.version) }),
  );
