"use client";

import { CheckField, TextAreaField } from "@/components/field";
import type { InjectConfiguration } from "@/lib/api/types";
import { FilesEditor } from "./files-editor";
import type { FormProps } from "./form-props";
import { RegistryEditor } from "./registry-editor";
import { UnattendFields } from "./unattend-fields";

const ANSWERS = {
  locale: "en-US",
  ui_language: "en-US",
  keyboard: "0409:00000409",
  time_zone: "UTC",
  skip_oobe: true,
} as const;

export function ConfigurationForm(props: FormProps<InjectConfiguration>) {
  const { configuration, onChange, errors } = props;
  const { unattend } = configuration;
  return (
    <>
      {errors() && <p className="text-bad text-sm">{errors()}</p>}
      <CheckField
        label="Answer Windows' questions"
        help="Language, accounts and the computer's name, so that nobody has to sit in front of it."
        checked={Boolean(unattend)}
        onChange={(event) => onChange({ unattend: event.target.checked ? ANSWERS : null })}
      />
      {unattend && (
        <div className="flex flex-col gap-5 border-line border-l-2 pl-4">
          <UnattendFields
            {...props}
            configuration={unattend}
            onChange={(change) => onChange({ unattend: { ...unattend, ...change } })}
            errors={(...path) => errors("unattend", ...path)}
          />
        </div>
      )}
      <FilesEditor
        files={configuration.files ?? []}
        onChange={(files) => onChange({ files })}
        errors={errors}
        readOnly={props.readOnly}
      />
      <RegistryEditor
        values={configuration.registry ?? []}
        onChange={(registry) => onChange({ registry })}
        errors={errors}
        readOnly={props.readOnly}
      />
      <TextAreaField
        label="Commands at the first start"
        optional
        mono
        rows={3}
        defaultValue={(configuration.first_boot ?? []).join("\n")}
        onChange={(event) =>
          onChange({
            first_boot: event.target.value
              .split("\n")
              .map((line) => line.trim())
              .filter(Boolean),
          })
        }
        spellCheck={false}
        error={errors("first_boot")}
        help="One a line, run once with full rights before anybody signs in."
      />
    </>
  );
}
