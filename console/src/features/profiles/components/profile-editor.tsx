"use client";

import { useQuery } from "@tanstack/react-query";
import { ListPlus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import { SaveBar } from "@/components/save-bar";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import type { Finding, ProfileDetail } from "@/lib/api/types";
import { useDraft } from "@/lib/draft";
import { useCan } from "@/lib/session";
import { taskTypesQuery, useSaveProfile } from "../api";
import { changesOf, draftOf, type ProfileDraft, type TaskDraft } from "../draft";
import { errorsOfTask, refusedTasks } from "../task-errors";
import { copyOf } from "../task-types";
import { PreflightPanel } from "./preflight-panel";
import { useChoices } from "./profile-choices";
import { ProfileHead } from "./profile-head";
import { type Mark, TaskList } from "./task-list";
import { TaskPanel } from "./task-panel";

type ProfileEditorProps = {
  profile: ProfileDetail;
  device: { id: string; name: string } | null;
  deviceChoice: ReactNode;
};

const CHANGED_ELSEWHERE =
  "Somebody else has saved this profile meanwhile. Copy what you need, discard, and start from theirs.";

export function ProfileEditor({ profile, device, deviceChoice }: ProfileEditorProps) {
  const can = useCan();
  const types = useQuery(taskTypesQuery);
  const choices = useChoices(profile);
  const save = useSaveProfile();
  const saved = draftOf(profile);
  const draft = useDraft<ProfileDraft>(saved);
  const [selected, setSelected] = useState(0);
  const [note, setNote] = useState("");
  // Some fields keep their own text while it is typed; what was discarded has to leave them too.
  const [discards, setDiscards] = useState(0);
  const readOnly = !can("profiles:write");
  const { tasks } = draft.values;
  const task = tasks[selected];
  const put = (next: TaskDraft[], at: number) => {
    draft.set("tasks", next);
    setSelected(Math.max(0, Math.min(at, next.length - 1)));
  };
  if (types.isPending) return <PanelSkeleton rows={8} label="Loading the types of steps" />;
  if (types.isError) {
    return <ErrorState error={types.error} onRetry={() => types.refetch()} what="The types of steps" />;
  }
  // The server's findings are about the saved order: they belong to the step, wherever it was moved since.
  const findingsOf = (of: TaskDraft): Finding[] =>
    profile.findings.filter(
      ({ task: at }) => at !== null && at !== undefined && profile.tasks[at]?.id === of.id,
    );
  const submit = () =>
    save.mutate(
      { saved: profile, body: changesOf(draft.values, saved), note },
      {
        onSuccess: (answer) => {
          draft.reset();
          setNote("");
          toast.done(`Saved as version ${answer.current.number}.`);
        },
        onError: (error) => {
          const [first] = refusedTasks(error);
          if (first !== undefined) setSelected(first);
        },
      },
    );
  return (
    <>
      <ProfileHead
        key={`head-${discards}`}
        draft={draft}
        choices={choices}
        error={save.error}
        readOnly={readOnly}
      />
      <div className="mt-5 grid items-start gap-5 lg:grid-cols-[minmax(0,22rem)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <TaskList
            tasks={tasks}
            types={types.data.items}
            choices={choices}
            agentAutoInstall={draft.values.agent_auto_install}
            selected={selected}
            marks={marksOf(tasks, findingsOf, refusedTasks(save.error))}
            readOnly={readOnly}
            onSelect={setSelected}
            onChange={put}
          />
          <PreflightPanel
            profile={profile}
            device={device}
            deviceChoice={deviceChoice}
            dirty={draft.dirty}
            taskName={(order) => profile.tasks[order]?.name}
            onSelect={(order) => {
              const at = tasks.findIndex(({ id }) => id === profile.tasks[order]?.id);
              if (at >= 0) setSelected(at);
            }}
          />
        </div>
        {task ? (
          <TaskPanel
            key={`${task.key}-${discards}`}
            task={task}
            type={types.data.items.find(({ name }) => name === task.type)}
            variables={[...types.data.variables, ...setBefore(tasks, selected)]}
            choices={choices}
            errors={errorsOfTask(save.error, selected)}
            findings={findingsOf(task)}
            readOnly={readOnly}
            onChange={(next) => put(replaced(tasks, selected, next), selected)}
            onCopy={() =>
              put([...tasks.slice(0, selected + 1), copyOf(task), ...tasks.slice(selected + 1)], selected + 1)
            }
            onRemove={() =>
              put(
                tasks.filter((_, at) => at !== selected),
                selected,
              )
            }
          />
        ) : (
          <Panel flush>
            <EmptyState icon={ListPlus} title="No step is chosen">
              Add the first step on the left. Its settings are made here.
            </EmptyState>
          </Panel>
        )}
      </div>
      {draft.dirty && (
        <TextField
          className="mt-5 max-w-180"
          label={`What is new in version ${profile.current.number + 1}`}
          optional
          value={note}
          onChange={(event) => setNote(event.target.value)}
          maxLength={500}
        />
      )}
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        error={errorCode(save.error) === "precondition_failed" ? new Error(CHANGED_ELSEWHERE) : save.error}
        label={`Save as version ${profile.current.number + 1}`}
        onDiscard={() => {
          draft.reset();
          save.reset();
          setNote("");
          setSelected(0);
          setDiscards((before) => before + 1);
        }}
        onSave={submit}
      />
    </>
  );
}

function replaced(tasks: TaskDraft[], index: number, task: TaskDraft): TaskDraft[] {
  return tasks.map((one, at) => (at === index ? task : one));
}

function setBefore(tasks: TaskDraft[], index: number): string[] {
  return tasks
    .slice(0, index)
    .flatMap(({ type, configuration }) =>
      type === "set_variable" && typeof configuration.name === "string" ? [configuration.name] : [],
    );
}

function marksOf(
  tasks: TaskDraft[],
  findingsOf: (task: TaskDraft) => Finding[],
  refused: ReadonlySet<number>,
): Map<number, Mark> {
  const marks = new Map<number, Mark>();
  tasks.forEach((task, index) => {
    const levels = findingsOf(task).map(({ level }) => level);
    if (refused.has(index) || levels.includes("error")) marks.set(index, "bad");
    else if (levels.includes("warning")) marks.set(index, "wait");
  });
  return marks;
}
