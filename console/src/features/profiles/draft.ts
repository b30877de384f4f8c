import type { ProfileDetail, ProfileTask, TaskCondition } from "@/lib/api/types";
import type { ProfileBody } from "./api";

/** A configuration while it is edited; the form of its type knows its shape. */
export type Configuration = Record<string, unknown>;

export type TaskDraft = {
  /** Names the row while it is edited: the task's id, or `new-3`. */
  key: string;
  id: string | null;
  type: string;
  name: string;
  configuration: Configuration;
  condition: TaskCondition | null;
  timeout_s: number;
  retries: number;
  continue_on_error: boolean;
};

export type ProfileDraft = Omit<ProfileBody, "tasks"> & { tasks: TaskDraft[] };

export function draftOf(profile: ProfileDetail): ProfileDraft {
  return {
    name: profile.name,
    description: profile.description,
    tags: profile.tags,
    os_image_id: profile.os_image?.id ?? null,
    edition_index: profile.edition_index,
    computer_naming_pattern: profile.computer_naming_pattern,
    admin_credentials_ref: profile.admin_credentials?.id ?? null,
    agent_auto_install: profile.agent_auto_install,
    tasks: profile.tasks.map(taskDraft),
  };
}

function taskDraft(task: ProfileTask): TaskDraft {
  const { id, type, name, configuration, condition, timeout_s, retries, continue_on_error } = task;
  return { key: id, id, type, name, configuration, condition, timeout_s, retries, continue_on_error };
}

/** What the server is sent: only what differs, and the tasks as a whole. */
export function changesOf(draft: ProfileDraft, saved: ProfileDraft): Partial<ProfileBody> {
  const { tasks, ...head } = draft;
  const changed = Object.entries(head).filter(([key, value]) => {
    const before = saved[key as keyof ProfileDraft];
    return JSON.stringify(value) !== JSON.stringify(before);
  });
  const body: Partial<ProfileBody> = Object.fromEntries(changed);
  if (JSON.stringify(tasks) !== JSON.stringify(saved.tasks)) {
    body.tasks = tasks.map(({ key: _key, configuration, ...task }) => ({
      ...task,
      configuration: withoutEmpty(configuration) as Configuration,
    }));
  }
  return body;
}

/** Fields that were emptied are left out: the server has no empty number or address. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null && part !== undefined)
      .map(([key, part]) => [key, withoutEmpty(part)]),
  );
}

export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item === undefined) return next;
  next.splice(to, 0, item);
  return next;
}
