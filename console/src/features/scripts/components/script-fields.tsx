"use client";

import { CodeEditor } from "@/components/code/code-editor";
import { SelectField, TextAreaField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import { fieldError } from "@/lib/api/errors";
import type { ScriptLanguage } from "@/lib/api/types";
import type { Draft } from "@/lib/draft";
import type { ScriptDraft } from "../api";
import { LANGUAGES, languageName, parameterHint } from "../languages";
import { ParametersEditor } from "./parameters-editor";

type ScriptFieldsProps = {
  draft: Draft<ScriptDraft>;
  error: unknown;
  languageFixed: boolean;
  readOnly?: boolean;
};

export function ScriptFields({ draft, error, languageFixed, readOnly = false }: ScriptFieldsProps) {
  const { values, set } = draft;
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-2">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <h2 className="font-medium text-sm">Body</h2>
          <p className="text-faint text-xs">
            {values.parameters[0]?.name
              ? `Reads a parameter as ${parameterHint(values.language, values.parameters[0].name)}`
              : languageName(values.language)}
          </p>
        </div>
        <CodeEditor
          label="Script body"
          value={values.body}
          language={values.language}
          onChange={(body) => set("body", body)}
          readOnly={readOnly}
        />
        {fieldError(error, "body") && <p className="text-bad text-sm">{fieldError(error, "body")}</p>}
        <ParametersEditor
          parameters={values.parameters}
          onChange={(parameters) => set("parameters", parameters)}
          readOnly={readOnly}
        />
      </div>
      <Panel title="About">
        <fieldset disabled={readOnly} className="flex flex-col gap-4">
          <legend className="sr-only">About the script</legend>
          <TextField
            label="Name"
            value={values.name}
            onChange={(event) => set("name", event.target.value)}
            error={fieldError(error, "name")}
            required
            maxLength={200}
          />
          <TextAreaField
            label="Description"
            optional
            value={values.description}
            onChange={(event) => set("description", event.target.value)}
            error={fieldError(error, "description")}
          />
          <SelectField
            label="Language"
            value={values.language}
            onChange={(event) => set("language", event.target.value as ScriptLanguage)}
            choices={LANGUAGES}
            disabled={languageFixed}
            help={languageFixed ? "Fixed once the script is saved." : undefined}
          />
          <TextField
            label="Time limit in seconds"
            type="number"
            min={1}
            max={86400}
            value={values.timeout_s}
            onChange={(event) => set("timeout_s", Number(event.target.value))}
            error={fieldError(error, "timeout_s")}
            help="It is stopped, with everything it started, after this."
          />
          <TextField
            label="Tags"
            optional
            defaultValue={values.tags.join(", ")}
            onChange={(event) =>
              set(
                "tags",
                event.target.value
                  .split(",")
                  .map((tag) => tag.trim())
                  .filter(Boolean),
              )
            }
            error={fieldError(error, "tags")}
            help="Separate several with commas."
          />
        </fieldset>
      </Panel>
    </div>
  );
}
