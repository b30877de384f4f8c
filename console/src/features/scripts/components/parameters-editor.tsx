"use client";

import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { CheckField, SelectField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import type { ScriptParameter } from "@/lib/api/types";

const TYPES: { value: ScriptParameter["type"]; label: string }[] = [
  { value: "string", label: "Text" },
  { value: "number", label: "Number" },
  { value: "boolean", label: "Yes or no" },
  { value: "choice", label: "One of a list" },
  { value: "secret", label: "Secret" },
];

type ParametersEditorProps = {
  parameters: ScriptParameter[];
  onChange: (parameters: ScriptParameter[]) => void;
  readOnly: boolean;
};

/** What is asked each time the script is run. */
export function ParametersEditor({ parameters, onChange, readOnly }: ParametersEditorProps) {
  const replace = (index: number, change: Partial<ScriptParameter>) =>
    onChange(parameters.map((parameter, at) => (at === index ? { ...parameter, ...change } : parameter)));
  const add = () =>
    onChange([
      ...parameters,
      {
        name: `Parameter${parameters.length + 1}`,
        label: "",
        type: "string",
        required: false,
        description: "",
      },
    ]);
  return (
    <Panel
      className="mt-3"
      title="Parameters"
      description="Asked for each run and handed to the script."
      actions={
        !readOnly && (
          <Button size="sm" onClick={add}>
            <Plus className="size-4" strokeWidth={1.5} aria-hidden />
            Add
          </Button>
        )
      }
      flush
    >
      {parameters.length === 0 ? (
        <p className="p-4 text-muted text-sm">None: it runs as it is.</p>
      ) : (
        <ul className="divide-y divide-line">
          {parameters.map((parameter, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: the name is being edited, the place is what stays
              key={index}
            >
              <ParameterRow
                parameter={parameter}
                readOnly={readOnly}
                onChange={(change) => replace(index, change)}
                onRemove={() => onChange(parameters.filter((_, at) => at !== index))}
              />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

type ParameterRowProps = {
  parameter: ScriptParameter;
  readOnly: boolean;
  onChange: (change: Partial<ScriptParameter>) => void;
  onRemove: () => void;
};

function ParameterRow({ parameter, readOnly, onChange, onRemove }: ParameterRowProps) {
  return (
    <fieldset disabled={readOnly} className="grid gap-x-3 gap-y-3 p-4 sm:grid-cols-[1fr_1fr_10rem_auto]">
      <legend className="sr-only">Parameter {parameter.name}</legend>
      <TextField
        label="Name"
        mono
        value={parameter.name}
        onChange={(event) => onChange({ name: event.target.value })}
        spellCheck={false}
      />
      <TextField
        label="Label"
        optional
        value={parameter.label ?? ""}
        onChange={(event) => onChange({ label: event.target.value })}
      />
      <SelectField
        label="Type"
        value={parameter.type}
        onChange={(event) =>
          onChange({
            type: event.target.value as ScriptParameter["type"],
            default: null,
            choices: event.target.value === "choice" ? ["first", "second"] : null,
          })
        }
        choices={TYPES}
      />
      <Button
        variant="ghost"
        size="icon"
        aria-label={`Remove parameter ${parameter.name}`}
        onClick={onRemove}
        className="mt-6"
      >
        <Trash2 className="size-4" strokeWidth={1.5} aria-hidden />
      </Button>
      {parameter.type === "choice" && (
        <TextField
          className="sm:col-span-2"
          label="Choices"
          defaultValue={(parameter.choices ?? []).join(", ")}
          onChange={(event) =>
            onChange({
              choices: event.target.value
                .split(",")
                .map((choice) => choice.trim())
                .filter(Boolean),
            })
          }
          help="Separate them with commas."
        />
      )}
      {(parameter.type === "string" || parameter.type === "number" || parameter.type === "choice") && (
        <TextField
          label="Default"
          optional
          value={
            parameter.default === null || parameter.default === undefined ? "" : String(parameter.default)
          }
          onChange={(event) => onChange({ default: defaultOf(parameter.type, event.target.value) })}
        />
      )}
      <TextField
        className={parameter.type === "choice" ? undefined : "sm:col-span-2"}
        label="Help"
        optional
        value={parameter.description ?? ""}
        onChange={(event) => onChange({ description: event.target.value })}
      />
      <div className="flex items-center sm:pt-6">
        <CheckField
          label="Required"
          checked={parameter.required ?? false}
          onChange={(event) => onChange({ required: event.target.checked })}
        />
      </div>
    </fieldset>
  );
}

function defaultOf(type: ScriptParameter["type"], text: string): string | number | null {
  if (text === "") return null;
  if (type === "number" && Number.isFinite(Number(text))) return Number(text);
  return text;
}
