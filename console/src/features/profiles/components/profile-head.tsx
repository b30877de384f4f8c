"use client";

import { ChevronRight } from "lucide-react";
import { CheckField, SelectField, TextAreaField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import { fieldError } from "@/lib/api/errors";
import type { Draft } from "@/lib/draft";
import { bytes } from "@/lib/format";
import type { ProfileDraft } from "../draft";
import { NamingField } from "./naming-field";
import type { Choices } from "./profile-choices";
import { SecretSelect } from "./tasks/image-forms";

type ProfileHeadProps = {
  draft: Draft<ProfileDraft>;
  choices: Choices;
  error: unknown;
  readOnly: boolean;
};

export function ProfileHead({ draft, choices, error, readOnly }: ProfileHeadProps) {
  const { values, set } = draft;
  const image = choices.images.find(({ id }) => id === values.os_image_id);
  const takeImage = (id: string) => {
    const editions = choices.images.find((one) => one.id === id)?.editions ?? [];
    set("os_image_id", id || null);
    set("edition_index", editions[0]?.index ?? null);
  };
  return (
    <Panel aria-label="The profile" flush>
      <fieldset
        disabled={readOnly}
        className="grid gap-x-4 gap-y-5 p-4 sm:grid-cols-2 lg:grid-cols-[1.1fr_1fr_1fr]"
      >
        <legend className="sr-only">The profile</legend>
        <TextField
          label="Profile name"
          value={values.name}
          onChange={(event) => set("name", event.target.value)}
          error={fieldError(error, "name")}
          maxLength={200}
        />
        <SelectField
          label="OS image"
          value={values.os_image_id ?? ""}
          onChange={(event) => takeImage(event.target.value)}
          choices={choices.options(choices.images, values.os_image_id, "None")}
          error={fieldError(error, "os_image_id")}
        />
        <SelectField
          label="Edition"
          value={String(values.edition_index ?? "")}
          onChange={(event) => set("edition_index", Number(event.target.value) || null)}
          choices={editionChoices(image, values.edition_index)}
          error={fieldError(error, "edition_index")}
          disabled={!values.os_image_id}
        />
        <NamingField
          value={values.computer_naming_pattern}
          onChange={(pattern) => set("computer_naming_pattern", pattern)}
          error={fieldError(error, "computer_naming_pattern")}
          readOnly={readOnly}
        />
        <SecretSelect
          label="Administrator's password"
          value={values.admin_credentials_ref}
          none="Random for each device"
          error={fieldError(error, "admin_credentials_ref")}
          choices={choices}
          onChange={(id) => set("admin_credentials_ref", id)}
        />
        <div className="lg:pt-7">
          <CheckField
            label="Install the agent"
            help="The machine comes back as a managed device."
            checked={values.agent_auto_install}
            onChange={(event) => set("agent_auto_install", event.target.checked)}
          />
        </div>
      </fieldset>
      <details className="group border-line border-t">
        <summary className="flex h-10 items-center gap-2 px-4 text-muted text-sm hover:text-text">
          <ChevronRight
            className="size-4 transition-transform duration-120 group-open:rotate-90"
            strokeWidth={1.5}
            aria-hidden
          />
          Description and tags
          <span className="min-w-0 truncate text-faint group-open:hidden">
            {[values.description, values.tags.join(", ")].filter(Boolean).join(" · ")}
          </span>
        </summary>
        <fieldset disabled={readOnly} className="grid gap-4 px-4 pb-4 sm:grid-cols-[2fr_1fr]">
          <legend className="sr-only">Description and tags</legend>
          <TextAreaField
            label="Description"
            optional
            rows={2}
            value={values.description}
            onChange={(event) => set("description", event.target.value)}
            error={fieldError(error, "description")}
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
      </details>
    </Panel>
  );
}

function editionChoices(image: Choices["images"][number] | undefined, present: number | null) {
  const known = (image?.editions ?? []).map(({ index, name, size_bytes }) => ({
    value: String(index),
    label: `${name} (${bytes(size_bytes, 1000)})`,
  }));
  const missing = present !== null && !known.some(({ value }) => value === String(present));
  return [
    ...(present === null ? [{ value: "", label: image ? "Choose…" : "—" }] : []),
    ...known,
    ...(missing ? [{ value: String(present), label: `Edition ${present}` }] : []),
  ];
}
