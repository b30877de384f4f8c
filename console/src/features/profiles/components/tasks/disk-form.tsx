"use client";

import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { CheckField, controlClass, Select, SelectField, TextField } from "@/components/field";
import { RadioCards } from "@/components/radio-cards";
import type { DiskPrep, Partition } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { PRESETS } from "../../task-words";
import type { FormProps } from "./form-props";

const DISKS = [
  { value: "first", label: "The first one" },
  { value: "smallest", label: "The smallest one" },
  { value: "largest", label: "The largest one" },
  { value: "by_name", label: "The one called…" },
];
const ROLES: { value: Partition["role"]; label: string }[] = [
  { value: "esp", label: "EFI" },
  { value: "msr", label: "MSR" },
  { value: "windows", label: "Windows" },
  { value: "recovery", label: "Recovery" },
  { value: "data", label: "Data" },
];
const OWN: Partition[] = [
  { role: "esp", size_mb: 260 },
  { role: "msr", size_mb: 16 },
  { role: "windows", size_mb: null, label: "Windows" },
];

export function DiskForm({ configuration, onChange, errors, readOnly }: FormProps<DiskPrep>) {
  const preset = configuration.preset ?? "uefi_standard";
  const disk = configuration.disk ?? {};
  const setDisk = (change: typeof disk) => onChange({ disk: { ...disk, ...change } });
  const choose = (next: NonNullable<DiskPrep["preset"]>) =>
    onChange({
      preset: next,
      partitions: next === "custom" ? (configuration.partitions ?? OWN) : null,
      windows_gb: next === "keep_data" ? (configuration.windows_gb ?? 120) : null,
    });
  return (
    <>
      <RadioCards label="Layout" value={preset} choices={PRESETS} onChange={choose} disabled={readOnly} />
      {preset === "keep_data" && (
        <TextField
          label="Size of Windows in GB"
          type="number"
          min={20}
          value={configuration.windows_gb ?? ""}
          onChange={(event) => onChange({ windows_gb: Number(event.target.value) || null })}
          error={errors("windows_gb")}
          help="The data partition gets the rest of an empty disk."
        />
      )}
      {preset === "custom" && (
        <Partitions
          partitions={configuration.partitions ?? []}
          onChange={(partitions) => onChange({ partitions })}
          errors={errors}
        />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Disk"
          value={disk.select ?? "first"}
          onChange={(event) => {
            const select = event.target.value as NonNullable<typeof disk.select>;
            setDisk({ select, name: select === "by_name" ? (disk.name ?? "/dev/nvme0n1") : null });
          }}
          choices={DISKS}
          error={errors("disk", "select")}
          help="Of those that are large enough."
        />
        <TextField
          label="At least GB"
          type="number"
          min={1}
          value={disk.min_gb ?? 20}
          onChange={(event) => setDisk({ min_gb: Number(event.target.value) })}
          error={errors("disk", "min_gb")}
          help="A smaller disk is left alone."
        />
        {disk.select === "by_name" && (
          <TextField
            className="sm:col-span-2"
            label="Name of the disk"
            mono
            value={disk.name ?? ""}
            onChange={(event) => setDisk({ name: event.target.value })}
            error={errors("disk", "name")}
            help="As the boot environment calls it."
          />
        )}
      </div>
      <CheckField
        label="A removable disk may be taken"
        help="Off, a USB stick that is left in the machine is never wiped."
        checked={disk.allow_removable ?? false}
        onChange={(event) => setDisk({ allow_removable: event.target.checked })}
      />
    </>
  );
}

type PartitionsProps = {
  partitions: Partition[];
  onChange: (partitions: Partition[]) => void;
  errors: FormProps<DiskPrep>["errors"];
};

function Partitions({ partitions, onChange, errors }: PartitionsProps) {
  const replace = (index: number, change: Partial<Partition>) =>
    onChange(partitions.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">Partitions</legend>
      {partitions.length === 0 && (
        <p className="text-muted text-sm">None: the disk is left empty, and everything on it is gone.</p>
      )}
      {partitions.map((partition, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a partition is its place on the disk
          key={index}
          className="grid grid-cols-[7rem_minmax(0,1fr)_minmax(0,1fr)_2rem] gap-2"
        >
          <Select
            aria-label={`Role of partition ${index + 1}`}
            value={partition.role}
            onChange={(event) => replace(index, { role: event.target.value as Partition["role"] })}
            choices={ROLES}
          />
          <input
            aria-label={`Size of partition ${index + 1} in MB`}
            type="number"
            min={1}
            value={partition.size_mb ?? ""}
            placeholder="the rest"
            onChange={(event) => replace(index, { size_mb: Number(event.target.value) || null })}
            className={cn(controlClass, "figures h-8")}
          />
          <input
            aria-label={`Label of partition ${index + 1}`}
            value={partition.label ?? ""}
            placeholder="label"
            maxLength={32}
            onChange={(event) => replace(index, { label: event.target.value || null })}
            className={cn(controlClass, "h-8")}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove partition ${index + 1}`}
            onClick={() => onChange(partitions.filter((_, at) => at !== index))}
          >
            <X className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
          {errors("partitions", index) && (
            <p className="col-span-4 text-bad text-sm">{errors("partitions", index)}</p>
          )}
        </div>
      ))}
      <Button
        size="sm"
        variant="ghost"
        className="-ml-2 self-start"
        onClick={() => onChange([...partitions, { role: "data", size_mb: null }])}
      >
        <Plus className="size-4" strokeWidth={1.5} aria-hidden />
        Add a partition
      </Button>
      <p className="text-muted text-sm">Sizes in MB; one without a size takes the rest.</p>
    </fieldset>
  );
}
