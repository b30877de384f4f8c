import type {
  ApplyImage,
  BundleStep,
  DiskPrep,
  InjectConfiguration,
  InjectDrivers,
  Reboot,
  ScriptStep,
  SetVariable,
  Wait,
} from "@/lib/api/types";
import { duration, plural } from "@/lib/format";
import type { TaskDraft } from "./draft";

export const PRESETS: { value: NonNullable<DiskPrep["preset"]>; label: string; help: string }[] = [
  { value: "uefi_standard", label: "UEFI, standard", help: "EFI, MSR, and Windows in all that is left." },
  {
    value: "uefi_recovery",
    label: "UEFI with recovery",
    help: "The same, with 1 GB for recovery tools at the end.",
  },
  {
    value: "keep_data",
    label: "Keep the data partition",
    help: "Windows of a fixed size beside a data partition that is left alone when it is there.",
  },
  { value: "custom", label: "My own partitions", help: "Exactly those below, in their order." },
];

export const LANGUAGES = [
  { value: "powershell", label: "PowerShell" },
  { value: "cmd", label: "Batch (cmd)" },
  { value: "sh", label: "Shell (sh)" },
  { value: "python", label: "Python" },
];

export const PLACES: { value: NonNullable<ScriptStep["where"]>; label: string }[] = [
  { value: "boot", label: "In the boot environment" },
  { value: "first_boot", label: "At the first start of Windows" },
  { value: "os", label: "In the installed system" },
];

type Names = (id: string | null | undefined) => string | undefined;

/** One line that says what a task is set to, for the list of steps. */
export function describe(task: TaskDraft, nameOf: Names): string {
  const words = WORDS[task.type];
  return words ? words(task.configuration, nameOf) : task.type.replaceAll("_", " ");
}

const WORDS: Record<string, (configuration: object, nameOf: Names) => string> = {
  disk_prep: (given: DiskPrep) => {
    const preset = PRESETS.find(({ value }) => value === (given.preset ?? "uefi_standard"));
    if (given.preset !== "custom") return preset?.label ?? "";
    return given.partitions?.length ? plural(given.partitions.length, "partition") : "Empties the disk";
  },
  apply_image: (given: ApplyImage, nameOf) =>
    given.os_image_id ? (nameOf(given.os_image_id) ?? "Another image") : "The profile's image",
  inject_drivers: (given: InjectDrivers) =>
    given.select === "named" ? plural(given.pack_ids?.length ?? 0, "pack") : "Packs that match the model",
  inject_configuration: (given: InjectConfiguration) =>
    [
      given.unattend && `Answer file ${given.unattend.locale ?? ""}`.trim(),
      given.files?.length && plural(given.files.length, "file"),
      given.registry?.length && plural(given.registry.length, "registry value"),
      given.first_boot?.length && plural(given.first_boot.length, "command"),
    ]
      .filter(Boolean)
      .join(", ") || "Nothing yet",
  install_agent: () => "With a one-time token",
  script: (given: ScriptStep, nameOf) => {
    const what = given.script_id
      ? (nameOf(given.script_id) ?? "From the library")
      : (LANGUAGES.find(({ value }) => value === given.language)?.label ?? "Script");
    return given.where === "first_boot" ? `${what}, at first start` : what;
  },
  software_bundle: (given: BundleStep, nameOf) =>
    given.bundle_id
      ? (nameOf(given.bundle_id) ?? "Another bundle")
      : given.items?.length
        ? plural(given.items.length, "item")
        : "Nothing yet",
  reboot: (given: Reboot) => (given.to === "environment" ? "Into the boot environment" : "Into Windows"),
  wait: (given: Wait) =>
    given.url
      ? `For ${given.url.replace(/^https?:\/\//, "")}`
      : duration((given.seconds ?? 0) * 1000).replace(/\.0 s$/, " s"),
  set_variable: (given: Partial<SetVariable>) =>
    given.name ? `${given.name} = ${given.value ?? ""}` : "Not named yet",
};
