"use client";

import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { CodeEditor } from "@/components/code/code-editor";
import { controlClass, Select, SelectField, TextField } from "@/components/field";
import { RadioCards } from "@/components/radio-cards";
import type { ScriptStep } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { LANGUAGES, PLACES } from "../../task-words";
import type { FormProps } from "./form-props";

type Value = string | number | boolean | { secret_id: string };
type Values = Record<string, Value>;
type Language = NonNullable<ScriptStep["language"]>;

export function ScriptForm({ configuration, onChange, errors, choices, readOnly }: FormProps<ScriptStep>) {
  const fromLibrary = configuration.script_id !== null && configuration.script_id !== undefined;
  return (
    <>
      <SelectField
        label="Where it runs"
        value={configuration.where ?? "os"}
        onChange={(event) => onChange({ where: event.target.value as ScriptStep["where"] })}
        choices={PLACES}
        error={errors("where")}
      />
      <RadioCards
        label="Which script"
        value={fromLibrary ? "library" : "own"}
        choices={[
          { value: "library", label: "One of the library", help: "As it is when the deployment begins." },
          { value: "own", label: "Written here", help: "Part of this profile and its versions." },
        ]}
        onChange={(value) =>
          onChange(
            value === "library"
              ? { script_id: choices.scripts[0]?.id ?? "", language: null, body: null, parameters: {} }
              : { script_id: null, version_number: null, language: "powershell", body: "", parameters: {} },
          )
        }
        disabled={readOnly}
      />
      {fromLibrary ? (
        <SelectField
          label="Script"
          value={configuration.script_id ?? ""}
          onChange={(event) => onChange({ script_id: event.target.value, version_number: null })}
          choices={choices.options(choices.scripts, configuration.script_id)}
          error={errors("script_id")}
        />
      ) : (
        <div className="flex flex-col gap-2">
          <SelectField
            label="Language"
            value={configuration.language ?? "powershell"}
            onChange={(event) => onChange({ language: event.target.value as Language })}
            choices={LANGUAGES}
          />
          <CodeEditor
            label="Script body"
            value={configuration.body ?? ""}
            language={configuration.language ?? "powershell"}
            onChange={(body) => onChange({ body })}
            readOnly={readOnly}
          />
          {errors("body") && <p className="text-bad text-sm">{errors("body")}</p>}
        </div>
      )}
      <Parameters
        parameters={(configuration.parameters ?? {}) as Values}
        onChange={(parameters) => onChange({ parameters })}
        choices={choices}
        error={errors("parameters") ?? (fromLibrary ? errors() : undefined)}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Codes
          label="Exit codes of success"
          codes={configuration.success_codes ?? [0]}
          onChange={(success_codes) => onChange({ success_codes })}
          error={errors("success_codes")}
        />
        <Codes
          label="Exit codes that ask for a restart"
          codes={configuration.reboot_codes ?? [3010]}
          onChange={(reboot_codes) => onChange({ reboot_codes })}
          error={errors("reboot_codes")}
        />
      </div>
    </>
  );
}

type ParametersProps = {
  parameters: Values;
  onChange: (parameters: Values) => void;
  choices: FormProps<ScriptStep>["choices"];
  error?: string;
};

function Parameters({ parameters, onChange, choices, error }: ParametersProps) {
  const rows = Object.entries(parameters);
  const put = (at: number, name: string, value: Value) =>
    onChange(Object.fromEntries(rows.map((row, index) => (index === at ? [name, value] : row))));
  const add = () => {
    const free = Array.from({ length: rows.length + 1 }, (_, at) => `Parameter${at + 1}`);
    onChange({ ...parameters, [free.find((name) => !(name in parameters)) ?? "Parameter"]: "" });
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">Parameters</legend>
      {rows.map(([name, value], index) => {
        const secret = typeof value === "object" ? value.secret_id : null;
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: the name is being edited
            key={index}
            className="grid grid-cols-[minmax(0,1fr)_5.5rem_minmax(0,1.4fr)_2rem] gap-2"
          >
            <input
              aria-label={`Name of parameter ${index + 1}`}
              value={name}
              onChange={(event) => put(index, event.target.value, value)}
              spellCheck={false}
              className={cn(controlClass, "h-8 font-mono text-sm")}
            />
            <Select
              aria-label={`Kind of parameter ${index + 1}`}
              value={secret === null ? "text" : "secret"}
              onChange={(event) =>
                put(
                  index,
                  name,
                  event.target.value === "secret" ? { secret_id: choices.secrets[0]?.id ?? "" } : "",
                )
              }
              choices={[
                { value: "text", label: "Text" },
                { value: "secret", label: "Secret" },
              ]}
            />
            {secret === null ? (
              <input
                aria-label={`Value of parameter ${index + 1}`}
                value={String(value)}
                onChange={(event) => put(index, name, event.target.value)}
                className={cn(controlClass, "h-8")}
              />
            ) : (
              <Select
                aria-label={`Secret of parameter ${index + 1}`}
                value={secret}
                onChange={(event) => put(index, name, { secret_id: event.target.value })}
                choices={choices.options(choices.secrets, secret)}
              />
            )}
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Remove parameter ${index + 1}`}
              onClick={() => onChange(Object.fromEntries(rows.filter((_, at) => at !== index)))}
            >
              <X className="size-4" strokeWidth={1.5} aria-hidden />
            </Button>
          </div>
        );
      })}
      {error && <p className="text-bad text-sm">{error}</p>}
      <Button size="sm" variant="ghost" className="-ml-2 self-start" onClick={add}>
        <Plus className="size-4" strokeWidth={1.5} aria-hidden />
        Add a parameter
      </Button>
    </fieldset>
  );
}

type CodesProps = { label: string; codes: number[]; onChange: (codes: number[]) => void; error?: string };

function Codes({ label, codes, onChange, error }: CodesProps) {
  return (
    <TextField
      label={label}
      className="figures"
      defaultValue={codes.join(", ")}
      onChange={(event) =>
        onChange(
          event.target.value
            .split(/[\s,]+/)
            .filter(Boolean)
            .map(Number)
            .filter(Number.isInteger),
        )
      }
      error={error}
      help="Separate several with commas."
    />
  );
}
