import {
  Bot,
  Cpu,
  FileCog,
  HardDrive,
  Hourglass,
  Layers,
  type LucideIcon,
  Package,
  RotateCw,
  Terminal,
  Variable,
  Workflow,
} from "lucide-react";
import type { ProfileTaskType } from "@/lib/api/types";
import type { Configuration, TaskDraft } from "./draft";

const ICONS: Record<string, LucideIcon> = {
  disk_prep: HardDrive,
  apply_image: Layers,
  inject_drivers: Cpu,
  inject_configuration: FileCog,
  install_agent: Bot,
  script: Terminal,
  software_bundle: Package,
  reboot: RotateCw,
  wait: Hourglass,
  set_variable: Variable,
};

export const iconOf = (type: string): LucideIcon => ICONS[type] ?? Workflow;

/** What a new task begins with; the server has no default where something has to be chosen. */
const INITIAL: Record<string, Configuration> = {
  inject_configuration: {
    unattend: { locale: "en-US", ui_language: "en-US", keyboard: "0409:00000409", time_zone: "UTC" },
  },
  script: { where: "os", language: "powershell", body: "" },
  wait: { seconds: 30 },
  set_variable: { name: "", value: "" },
};

let made = 0;

export function newTask(type: ProfileTaskType): TaskDraft {
  made += 1;
  return {
    key: `new-${made}`,
    id: null,
    type: type.name,
    name: type.title,
    configuration: INITIAL[type.name] ?? {},
    condition: null,
    timeout_s: type.timeout_s,
    retries: 0,
    continue_on_error: false,
  };
}

export function copyOf(task: TaskDraft): TaskDraft {
  made += 1;
  return { ...task, key: `new-${made}`, id: null, name: `${task.name} (copy)` };
}

type Phase = "boot" | "os";

/** Where each task runs, as the server works it out: what runs anywhere stays where the one before it ran. */
export function phasesOf(tasks: readonly TaskDraft[], types: readonly ProfileTaskType[]): Phase[] {
  let phase: Phase = "boot";
  return tasks.map((task) => {
    const here: Phase = ownPhase(task, types) ?? phase;
    phase = task.type === "reboot" && task.configuration.to !== "environment" ? "os" : here;
    return here;
  });
}

function ownPhase(task: TaskDraft, types: readonly ProfileTaskType[]): Phase | null {
  if (task.type === "script") return (task.configuration.where ?? "os") === "os" ? "os" : "boot";
  if (task.type === "reboot") return task.configuration.to === "environment" ? "boot" : null;
  return types.find(({ name }) => name === task.type)?.phase ?? null;
}

/** After which task the server plants the agent by itself; null where it does not. */
export function agentComesAfter(
  tasks: readonly TaskDraft[],
  types: readonly ProfileTaskType[],
  autoInstall: boolean,
): number | null {
  const hasImage = tasks.some(({ type }) => type === "apply_image");
  if (!autoInstall || !hasImage || tasks.some(({ type }) => type === "install_agent")) return null;
  const phases = phasesOf(tasks, types);
  return tasks.reduce<number>((last, task, index) => {
    const worksOnImage =
      task.type === "apply_image" || types.find(({ name }) => name === task.type)?.needs_image === true;
    return worksOnImage && phases[index] === "boot" ? index : last;
  }, 0);
}
