import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  changeScript,
  createScript,
  deleteScript,
  getScript,
  getScriptVersion,
  listScripts,
  listScriptVersions,
  writeScriptBody,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { Script, ScriptDetail, ScriptLanguage, ScriptParameter } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const scriptKeys = {
  all: ["scripts"] as const,
  list: (state: ListState) => ["scripts", "list", state] as const,
  detail: (id: string) => ["script", id] as const,
  versions: (id: string) => ["script", id, "versions"] as const,
  version: (id: string, number: number) => ["script", id, "versions", number] as const,
};

export const scriptsQuery = (state: ListState) =>
  cursorList<Script>({
    queryKey: scriptKeys.list(state),
    fetchPage: (cursor, signal) =>
      listScripts({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

export const scriptQuery = (id: string) =>
  queryOptions({
    queryKey: scriptKeys.detail(id),
    queryFn: ({ signal }) => getScript({ path: { script_id: id }, signal }),
    enabled: id !== "" && id !== "new",
  });

export const scriptVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: scriptKeys.versions(id),
    queryFn: ({ signal }) => listScriptVersions({ path: { script_id: id }, signal }),
  });

export const scriptVersionQuery = (id: string, number: number) =>
  queryOptions({
    queryKey: scriptKeys.version(id, number),
    queryFn: ({ signal }) => getScriptVersion({ path: { script_id: id, number }, signal }),
    enabled: number > 0,
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });

export type ScriptDraft = {
  name: string;
  description: string;
  language: ScriptLanguage;
  tags: string[];
  timeout_s: number;
  body: string;
  parameters: ScriptParameter[];
};

function useScriptMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: scriptKeys.all }),
        queryClient.invalidateQueries({ queryKey: ["script"] }),
      ]),
  });
}

export const useCreateScript = () => useScriptMutation((body: ScriptDraft) => createScript({ body }));

/** What describes the script and what it runs are saved apart: only the latter makes a new version. */
export const useSaveScript = () =>
  useScriptMutation(
    async ({ saved, draft, note }: { saved: ScriptDetail; draft: ScriptDraft; note: string }) => {
      const path = { script_id: saved.id };
      let version = saved.version;
      const { name, description, tags, timeout_s } = draft;
      const described = { name, description, tags, timeout_s };
      if (differs(described, saved)) {
        const answer = await changeScript({ path, body: described, headers: ifMatch(version) });
        version = answer.version;
      }
      if (draft.body !== saved.body || differs({ parameters: draft.parameters }, saved)) {
        await writeScriptBody({
          path,
          body: { body: draft.body, parameters: draft.parameters, note },
          headers: ifMatch(version),
        });
      }
    },
  );

function differs(draft: Partial<ScriptDraft>, saved: ScriptDetail): boolean {
  return (Object.keys(draft) as (keyof ScriptDraft)[]).some(
    (key) => JSON.stringify(draft[key]) !== JSON.stringify(saved[key]),
  );
}

export const useDeleteScript = () =>
  useScriptMutation((script: ScriptDetail) =>
    deleteScript({ path: { script_id: script.id }, headers: ifMatch(script.version) }),
  );
