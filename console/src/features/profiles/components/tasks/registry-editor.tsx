"use client";

import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { SelectField, TextAreaField, TextField } from "@/components/field";
import type { RegistryValue } from "@/lib/api/types";
import type { FieldErrors } from "../../task-errors";

const HIVES: { value: RegistryValue["hive"]; label: string }[] = [
  { value: "software", label: "HKLM\\Software" },
  { value: "system", label: "HKLM\\System" },
  { value: "default_user", label: "Each new user" },
];
const KINDS: { value: NonNullable<RegistryValue["kind"]>; label: string }[] = [
  { value: "sz", label: "Text" },
  { value: "expand_sz", label: "Text with %…%" },
  { value: "multi_sz", label: "Several texts" },
  { value: "dword", label: "Number, 32 bit" },
  { value: "qword", label: "Number, 64 bit" },
  { value: "binary", label: "Binary" },
];

type RegistryEditorProps = {
  values: RegistryValue[];
  onChange: (values: RegistryValue[]) => void;
  errors: FieldErrors;
  readOnly: boolean;
};

export function RegistryEditor({ values, onChange, errors, readOnly }: RegistryEditorProps) {
  const replace = (index: number, change: Partial<RegistryValue>) =>
    onChange(values.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 font-medium text-sm">
        Registry<span className="ml-1.5 font-normal text-faint">optional</span>
      </legend>
      {values.map((value, index) => {
        const error = (field: string) => errors("registry", index, field);
        const set = (field: keyof RegistryValue) => (event: { target: { value: string } }) =>
          replace(index, { [field]: event.target.value });
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: name and key are being edited
            key={index}
            className="relative grid gap-3 rounded-control border border-line p-3 sm:grid-cols-[9.5rem_minmax(0,1fr)]"
          >
            <SelectField
              label={`Hive of value ${index + 1}`}
              value={value.hive}
              onChange={set("hive")}
              choices={HIVES}
              error={error("hive")}
            />
            <TextField
              label="Key"
              mono
              value={value.key}
              onChange={set("key")}
              error={error("key")}
              placeholder="Contoso\Setup"
              spellCheck={false}
              className="pr-10"
            />
            <SelectField
              label="Kind"
              value={value.kind ?? "sz"}
              onChange={set("kind")}
              choices={KINDS}
              error={error("kind")}
            />
            <TextField
              label="Name"
              mono
              optional
              value={value.name ?? ""}
              onChange={set("name")}
              error={error("name")}
              spellCheck={false}
            />
            <TextAreaField
              className="sm:col-span-2"
              label="Value"
              mono
              rows={value.kind === "multi_sz" ? 3 : 1}
              value={value.value ?? ""}
              onChange={set("value")}
              error={error("value") ?? errors("registry", index)}
              help={value.kind === "multi_sz" ? "One text a line." : undefined}
              spellCheck={false}
            />
            {!readOnly && (
              <Button
                variant="ghost"
                size="icon"
                className="absolute top-2 right-2"
                aria-label={`Remove value ${index + 1}`}
                onClick={() => onChange(values.filter((_, at) => at !== index))}
              >
                <X className="size-4" strokeWidth={1.5} aria-hidden />
              </Button>
            )}
          </div>
        );
      })}
      {!readOnly && (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2 self-start"
          onClick={() =>
            onChange([...values, { hive: "software", key: "", name: "", kind: "sz", value: "" }])
          }
        >
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          Add a value
        </Button>
      )}
    </fieldset>
  );
}
