"use client";

import { ArrowDown, ArrowUp, Bot, GitBranch, GripVertical, Plus } from "lucide-react";
import { Fragment } from "react";
import { Button } from "@/components/button";
import { Menu, MenuItem } from "@/components/menu";
import { Panel } from "@/components/panel";
import { useSortable } from "@/components/sortable";
import type { ProfileTaskType } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { moved, type TaskDraft } from "../draft";
import { agentComesAfter, iconOf, newTask, phasesOf } from "../task-types";
import { describe } from "../task-words";
import type { Choices } from "./profile-choices";

export type Mark = "bad" | "wait";

type TaskListProps = {
  tasks: TaskDraft[];
  types: ProfileTaskType[];
  choices: Choices;
  agentAutoInstall: boolean;
  selected: number;
  marks: ReadonlyMap<number, Mark>;
  readOnly: boolean;
  onSelect: (index: number) => void;
  onChange: (tasks: TaskDraft[], selected: number) => void;
};

const PHASES = { boot: "In the boot environment", os: "In the installed system" };

export function TaskList(props: TaskListProps) {
  const { tasks, types, choices, selected, marks, readOnly, onSelect, onChange } = props;
  const sortable = useSortable({
    count: tasks.length,
    nameOf: (index) => tasks[index]?.name ?? "",
    onMove: (from, to) => onChange(moved(tasks, from, to), to),
  });
  const phases = phasesOf(tasks, types);
  const agentAfter = agentComesAfter(tasks, types, props.agentAutoInstall);
  const add = (type: ProfileTaskType) => {
    const at = Math.min(selected + 1, tasks.length);
    onChange([...tasks.slice(0, at), newTask(type), ...tasks.slice(at)], at);
  };
  return (
    <Panel
      title="Steps"
      flush
      actions={!readOnly && <AddTask types={types} onAdd={add} small={tasks.length > 0} />}
    >
      {tasks.length === 0 ? (
        <p className="p-4 text-muted text-sm">
          No steps yet. A clean install begins with preparing the disk and applying the image.
        </p>
      ) : (
        <ol aria-label="Steps" className="py-1.5">
          {tasks.map((task, index) => (
            <Fragment key={task.key}>
              {phases[index] !== phases[index - 1] && (
                <li className="px-4 pt-2 pb-1 text-faint text-xs" aria-hidden>
                  {PHASES[phases[index] ?? "boot"]}
                </li>
              )}
              <li
                {...sortable.row(index)}
                className={cn(
                  "group relative flex items-center pr-2 pl-1.5",
                  index === selected ? "bg-accent-soft" : "hover:bg-hover",
                  sortable.isDragged(index) && "opacity-40",
                  sortable.landing(index) === "above" && "shadow-[inset_0_2px_0_var(--accent)]",
                  sortable.landing(index) === "below" && "shadow-[inset_0_-2px_0_var(--accent)]",
                )}
              >
                {!readOnly && (
                  <span
                    {...sortable.handle(index)}
                    aria-hidden
                    className="grid h-11 w-5 shrink-0 cursor-grab place-items-center text-faint active:cursor-grabbing"
                  >
                    <GripVertical className="size-4" strokeWidth={1.5} />
                  </span>
                )}
                <TaskRow
                  task={task}
                  index={index}
                  selected={index === selected}
                  mark={marks.get(index)}
                  description={describe(task, choices.nameOf)}
                  onSelect={() => onSelect(index)}
                  onKeyDown={readOnly ? undefined : sortable.onKeyDown(index)}
                />
                {!readOnly && (
                  <span
                    className={cn(
                      "flex shrink-0 focus-within:opacity-100 group-hover:opacity-100",
                      index === selected ? "opacity-100" : "opacity-0",
                    )}
                  >
                    <MoveButton
                      up
                      name={task.name}
                      disabled={index === 0}
                      onClick={() => sortable.step(index, -1)}
                    />
                    <MoveButton
                      name={task.name}
                      disabled={index === tasks.length - 1}
                      onClick={() => sortable.step(index, 1)}
                    />
                  </span>
                )}
              </li>
              {agentAfter === index && (
                <li className="mx-4 my-1 flex h-8 items-center gap-2.5 rounded-control border border-line border-dashed px-2.5 text-muted text-sm">
                  <Bot className="size-4 text-faint" strokeWidth={1.5} aria-hidden />
                  The agent is planted here
                </li>
              )}
            </Fragment>
          ))}
        </ol>
      )}
      <p role="status" className="sr-only">
        {sortable.said}
      </p>
    </Panel>
  );
}

type TaskRowProps = {
  task: TaskDraft;
  index: number;
  selected: boolean;
  mark: Mark | undefined;
  description: string;
  onSelect: () => void;
  onKeyDown?: (event: React.KeyboardEvent) => void;
};

function TaskRow({ task, index, selected, mark, description, onSelect, onKeyDown }: TaskRowProps) {
  const Icon = iconOf(task.type);
  return (
    <button
      type="button"
      onClick={onSelect}
      onKeyDown={onKeyDown}
      aria-current={selected ? "step" : undefined}
      aria-keyshortcuts={onKeyDown && "Alt+ArrowUp Alt+ArrowDown"}
      data-task={index + 1}
      className="flex min-w-0 flex-1 items-center gap-2.5 rounded-control px-1.5 py-1.5 text-left text-sm focus-visible:-outline-offset-2"
    >
      <span className="figures w-4 shrink-0 text-right text-faint text-xs">{index + 1}</span>
      <Icon
        className={cn("size-4 shrink-0", selected ? "text-accent" : "text-muted")}
        strokeWidth={1.5}
        aria-hidden
      />
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1.5">
          <span className="truncate font-medium">{task.name || "Unnamed"}</span>
          {task.condition && (
            <GitBranch
              className="size-3.5 shrink-0 text-muted"
              strokeWidth={1.5}
              role="img"
              aria-label="has a condition"
            />
          )}
          {mark && (
            <span
              role="img"
              aria-label={mark === "bad" ? "stops the deployment" : "has a warning"}
              className={cn("size-1.5 shrink-0 rounded-full", mark === "bad" ? "bg-bad" : "bg-wait")}
            />
          )}
        </span>
        <span className="block truncate text-muted text-xs">{description}</span>
      </span>
    </button>
  );
}

type MoveButtonProps = { up?: boolean; name: string; disabled: boolean; onClick: () => void };

function MoveButton({ up = false, name, disabled, onClick }: MoveButtonProps) {
  const Icon = up ? ArrowUp : ArrowDown;
  return (
    <Button
      variant="ghost"
      size="iconSm"
      onClick={onClick}
      disabled={disabled}
      aria-label={`Move ${name} ${up ? "up" : "down"}`}
      title={`${up ? "Up" : "Down"}  Alt ${up ? "↑" : "↓"}`}
    >
      <Icon className="size-3.5" strokeWidth={1.5} aria-hidden />
    </Button>
  );
}

type AddTaskProps = { types: ProfileTaskType[]; onAdd: (type: ProfileTaskType) => void; small: boolean };

function AddTask({ types, onAdd, small }: AddTaskProps) {
  return (
    <Menu
      label="Add a step"
      trigger={
        <Button size="sm" variant={small ? "secondary" : "primary"}>
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          Add step
        </Button>
      }
    >
      {types.map((type) => {
        const Icon = iconOf(type.name);
        return (
          <MenuItem key={type.name} onClick={() => onAdd(type)}>
            <Icon className="size-4 text-muted" strokeWidth={1.5} aria-hidden />
            {type.title}
          </MenuItem>
        );
      })}
    </Menu>
  );
}
