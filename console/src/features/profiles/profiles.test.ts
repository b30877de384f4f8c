import { describe, expect, test } from "vitest";
import { ApiError } from "@/lib/api/errors";
import type { ProfileTaskType, TaskCondition } from "@/lib/api/types";
import { condition, sentence, simple } from "./conditions";
import {
  type Configuration,
  changesOf,
  moved,
  type ProfileDraft,
  type TaskDraft,
  withoutEmpty,
} from "./draft";
import { errorsOfTask, refusedTasks } from "./task-errors";
import { agentComesAfter, phasesOf } from "./task-types";
import { describe as describeTask } from "./task-words";

const FIRMWARE = { variable: "firmware", op: "eq", value: "uefi" } as const;
const VIRTUAL = { variable: "model", op: "matches", value: "Virtual*" } as const;

describe("a condition", () => {
  test.each<TaskCondition>([
    FIRMWARE,
    { not: VIRTUAL },
    { all: [FIRMWARE, { not: VIRTUAL }] },
    { any: [FIRMWARE, VIRTUAL] },
  ])("is edited as lines and comes back as it was: %j", (given) => {
    const lines = simple(given);
    expect(lines && condition(lines)).toEqual(given);
  });

  test("that is nested deeper is left to its text", () => {
    expect(simple({ all: [{ any: [FIRMWARE, VIRTUAL] }, FIRMWARE] })).toBeNull();
    expect(simple({ not: { all: [FIRMWARE, VIRTUAL] } })).toBeNull();
  });

  test("without lines is none", () => {
    expect(condition({ join: "any", lines: [] })).toBeNull();
  });

  test("reads as a sentence", () => {
    expect(sentence({ all: [FIRMWARE, { any: [VIRTUAL, { not: FIRMWARE }] }] })).toBe(
      "firmware is uefi and (model matches Virtual* or not firmware is uefi)",
    );
  });
});

const TASK: TaskDraft = {
  key: "a",
  id: "a",
  type: "wait",
  name: "Wait",
  configuration: { seconds: 5 },
  condition: null,
  timeout_s: 600,
  retries: 0,
  continue_on_error: false,
};
const SAVED: ProfileDraft = {
  name: "Office",
  description: "",
  tags: ["one"],
  os_image_id: null,
  edition_index: null,
  computer_naming_pattern: "PC-{serial:8}",
  admin_credentials_ref: null,
  agent_auto_install: true,
  tasks: [TASK],
};

describe("a save", () => {
  test("sends what differs and nothing else", () => {
    expect(changesOf({ ...SAVED, name: "Kiosk", tags: ["one"] }, SAVED)).toEqual({ name: "Kiosk" });
  });

  test("empties what was emptied", () => {
    const saved = { ...SAVED, os_image_id: "x", edition_index: 2 };
    expect(changesOf(SAVED, saved)).toEqual({ os_image_id: null, edition_index: null });
  });

  test("sends all tasks when one differs, without the key of the row", () => {
    const tasks = [
      TASK,
      { ...TASK, key: "new-1", id: null, configuration: { url: "http://x", seconds: null } },
    ];
    expect(changesOf({ ...SAVED, tasks }, SAVED).tasks).toEqual([
      { ...TASK, key: undefined, configuration: { seconds: 5 } },
      { ...TASK, key: undefined, id: null, configuration: { url: "http://x" } },
    ]);
  });

  test("leaves out what is empty, however deep, and keeps no, nought and no text", () => {
    expect(withoutEmpty({ a: [{ b: null, c: false, d: 0, e: "" }], f: undefined })).toEqual({
      a: [{ c: false, d: 0, e: "" }],
    });
  });
});

describe("an order", () => {
  test.each([
    [0, 2, ["b", "c", "a"]],
    [2, 0, ["c", "a", "b"]],
    [1, 1, ["a", "b", "c"]],
    [7, 0, ["a", "b", "c"]],
  ])("moves %i to %i", (from, to, expected) => {
    expect(moved(["a", "b", "c"], from, to)).toEqual(expected);
  });
});

describe("a refused save", () => {
  const error = new ApiError(
    {
      code: "task_wrong",
      errors: [
        {
          loc: ["tasks", "1", "configuration", "partitions", "0", "size_mb"],
          msg: "Input should be a number",
        },
        { loc: ["body", "tasks", 2, "condition", "comparison", "value"], msg: "Value error, give one" },
        { loc: ["tasks", "3", "configuration"], msg: "Value error, give seconds, or a url" },
        { loc: ["body", "name"], msg: "Too short" },
      ],
    },
    422,
  );

  test("marks the tasks it was refused for", () => {
    expect([...refusedTasks(error)]).toEqual([1, 2, 3]);
    expect([...refusedTasks(new Error("x"))]).toEqual([]);
  });

  test("says at each field what is wrong with it", () => {
    expect(errorsOfTask(error, 1).at("partitions", 0, "size_mb")).toBe("Input should be a number");
    expect(errorsOfTask(error, 1).at("partitions")).toBe("Input should be a number");
    expect(errorsOfTask(error, 1).at("disk")).toBeUndefined();
    expect(errorsOfTask(error, 2).at("condition")).toBe("give one");
    expect(errorsOfTask(error, 0).all).toEqual([]);
    expect(errorsOfTask(error, 1).at()).toBeUndefined();
    expect(errorsOfTask(error, 3).at()).toBe("give seconds, or a url");
  });
});

const TYPES = [
  { name: "disk_prep", phase: "boot", needs_image: false },
  { name: "apply_image", phase: "boot", needs_image: false },
  { name: "inject_drivers", phase: "boot", needs_image: true },
  { name: "install_agent", phase: "boot", needs_image: true },
  { name: "software_bundle", phase: "os", needs_image: true },
  { name: "reboot", phase: null, needs_image: false },
  { name: "wait", phase: null, needs_image: false },
  { name: "script", phase: null, needs_image: false },
] as ProfileTaskType[];
const step = (type: string, configuration: Configuration = {}): TaskDraft => ({
  ...TASK,
  type,
  configuration,
});
const CLEAN = [step("disk_prep"), step("apply_image"), step("inject_drivers")];

describe("phases", () => {
  test("go on where the task before ran, and change with a restart into the system", () => {
    const tasks = [step("wait"), ...CLEAN, step("reboot"), step("wait"), step("reboot", { to: "os" })];
    expect(phasesOf(tasks, TYPES)).toEqual(["boot", "boot", "boot", "boot", "boot", "os", "os"]);
  });

  test("of a script are where it says", () => {
    const tasks = [step("script", { where: "boot" }), step("script"), step("wait")];
    expect(phasesOf(tasks, TYPES)).toEqual(["boot", "os", "os"]);
  });

  test("a restart into the boot environment belongs to it", () => {
    expect(phasesOf([step("reboot", { to: "environment" }), step("wait")], TYPES)).toEqual(["boot", "boot"]);
  });
});

describe("the agent", () => {
  test("comes after the last task that works on the image", () => {
    expect(agentComesAfter([...CLEAN, step("reboot"), step("software_bundle")], TYPES, true)).toBe(2);
  });

  test("does not come by itself without its switch, without an image, or beside a task of its own", () => {
    expect(agentComesAfter(CLEAN, TYPES, false)).toBeNull();
    expect(agentComesAfter([step("disk_prep")], TYPES, true)).toBeNull();
    expect(agentComesAfter([...CLEAN, step("install_agent")], TYPES, true)).toBeNull();
  });
});

describe("a step says what it is set to", () => {
  test.each([
    [step("disk_prep"), "UEFI, standard"],
    [step("disk_prep", { preset: "custom", partitions: [] }), "Empties the disk"],
    [step("apply_image"), "The profile's image"],
    [step("apply_image", { os_image_id: "x" }), "Windows 11"],
    [step("inject_drivers", { select: "named", pack_ids: ["a"] }), "1 pack"],
    [
      step("inject_configuration", { unattend: { locale: "de-DE" }, files: [{}, {}] }),
      "Answer file de-DE, 2 files",
    ],
    [step("script", { language: "cmd", where: "first_boot" }), "Batch (cmd), at first start"],
    [step("wait", { seconds: 90 }), "1 min 30 s"],
    [step("wait", { url: "https://a.example/ready" }), "For a.example/ready"],
    [step("reboot"), "Into Windows"],
    [step("something_new"), "something new"],
  ])("%j", (task, expected) => {
    expect(describeTask(task, (id) => (id === "x" ? "Windows 11" : undefined))).toBe(expected);
  });
});
