"use client";

import { useQuery } from "@tanstack/react-query";
import { CheckField, SelectField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import { secretChoicesQuery } from "@/features/secrets/api";
import type { ScriptParameter } from "@/lib/api/types";
import type { ParameterValues } from "@/lib/run-parameters";

type ParametersStepProps = {
  parameters: ScriptParameter[];
  values: ParameterValues;
  problems: Record<string, string>;
  onChange: (name: string, value: string | boolean) => void;
};

/** A form made from what the script says it needs. */
export function ParametersStep({ parameters, values, problems, onChange }: ParametersStepProps) {
  return (
    <Panel title="Parameters">
      <div className="grid gap-4 sm:grid-cols-2">
        {parameters.map((parameter) => (
          <ParameterField
            key={parameter.name}
            parameter={parameter}
            value={values[parameter.name] ?? ""}
            error={problems[parameter.name]}
            onChange={(value) => onChange(parameter.name, value)}
          />
        ))}
      </div>
    </Panel>
  );
}

type ParameterFieldProps = {
  parameter: ScriptParameter;
  value: string | boolean;
  error?: string;
  onChange: (value: string | boolean) => void;
};

function ParameterField({ parameter, value, error, onChange }: ParameterFieldProps) {
  const frame = {
    label: parameter.label || parameter.name,
    help: parameter.description || undefined,
    optional: !parameter.required,
    error,
  };
  const text = String(value);
  switch (parameter.type) {
    case "boolean":
      return (
        <div className="sm:pt-6">
          <CheckField
            label={frame.label}
            help={frame.help}
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
          />
        </div>
      );
    case "choice":
      return (
        <SelectField
          {...frame}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          choices={[
            ...(text === "" || !parameter.required ? [{ value: "", label: "—" }] : []),
            ...(parameter.choices ?? []).map((choice) => ({ value: choice, label: choice })),
          ]}
        />
      );
    case "secret":
      return <SecretChoice {...frame} value={text} onChange={onChange} />;
    default:
      return (
        <TextField
          {...frame}
          inputMode={parameter.type === "number" ? "decimal" : undefined}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

type SecretChoiceProps = {
  label: string;
  help?: string;
  optional: boolean;
  error?: string;
  value: string;
  onChange: (value: string) => void;
};

function SecretChoice({ value, onChange, help, ...frame }: SecretChoiceProps) {
  const secrets = useQuery(secretChoicesQuery);
  return (
    <SelectField
      {...frame}
      help={help ?? "The device gets its value; logs and this page do not."}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      choices={[
        { value: "", label: secrets.isError ? "The secrets could not be read" : "Choose a secret" },
        ...(secrets.data?.items ?? []).map((secret) => ({ value: secret.id, label: secret.name })),
      ]}
    />
  );
}
