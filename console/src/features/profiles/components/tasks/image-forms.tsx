"use client";

import Link from "next/link";
import { CheckField, SelectField } from "@/components/field";
import { RadioCards } from "@/components/radio-cards";
import type { ApplyImage, InjectDrivers } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import type { FormProps } from "./form-props";

export function ImageForm({ configuration, onChange, errors, choices, readOnly }: FormProps<ApplyImage>) {
  const own = Boolean(configuration.os_image_id);
  const image = choices.images.find(({ id }) => id === configuration.os_image_id);
  const take = (id: string | undefined) => {
    const editions = choices.images.find((one) => one.id === id)?.editions ?? [];
    onChange({ os_image_id: id ?? null, edition_index: editions[0]?.index ?? (id ? 1 : null) });
  };
  return (
    <>
      <RadioCards
        label="Which image"
        value={own ? "own" : "profile"}
        choices={[
          { value: "profile", label: "The profile's", help: "As chosen at the head of the profile." },
          { value: "own", label: "Another one", help: "For this step alone." },
        ]}
        onChange={(value) => take(value === "own" ? choices.images[0]?.id : undefined)}
        disabled={readOnly || (!own && choices.images.length === 0)}
      />
      {own && (
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label="Image"
            value={configuration.os_image_id ?? ""}
            onChange={(event) => take(event.target.value)}
            choices={choices.options(choices.images, configuration.os_image_id)}
            error={errors("os_image_id")}
          />
          <SelectField
            label="Edition"
            value={String(configuration.edition_index ?? "")}
            onChange={(event) => onChange({ edition_index: Number(event.target.value) })}
            choices={
              image?.editions.map(({ index, name }) => ({ value: String(index), label: name })) ?? [
                {
                  value: String(configuration.edition_index ?? ""),
                  label: `Edition ${configuration.edition_index ?? "—"}`,
                },
              ]
            }
            error={errors("edition_index")}
          />
        </div>
      )}
    </>
  );
}

export function DriversForm({
  configuration,
  onChange,
  errors,
  choices,
  readOnly,
}: FormProps<InjectDrivers>) {
  const named = configuration.select === "named";
  const chosen = configuration.pack_ids ?? [];
  const gone = chosen.filter((id) => !choices.packs.some((pack) => pack.id === id));
  const all = [
    ...choices.packs,
    ...gone.map((id) => ({ id, name: choices.nameOf(id) ?? "Not there any more" })),
  ];
  const toggle = (id: string) =>
    onChange({ pack_ids: chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id] });
  return (
    <>
      <RadioCards
        label="Which drivers"
        value={named ? "named" : "match"}
        choices={[
          {
            value: "match",
            label: "Those that match the machine",
            help: "By its SKU, or by maker and model, as the packs say.",
          },
          { value: "named", label: "Named packs", help: "The same for every machine." },
        ]}
        onChange={(select) => onChange({ select, pack_ids: [] })}
        disabled={readOnly}
      />
      {named && (
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1.5 font-medium text-sm">Packs</legend>
          {all.length === 0 ? (
            <p className="text-muted text-sm">There are no driver packs yet.</p>
          ) : (
            <div className="max-h-64 overflow-y-auto rounded-control border border-line-strong py-1">
              {all.map((pack) => (
                <label key={pack.id} className="flex h-9 items-center gap-3 px-3 text-sm hover:bg-hover">
                  <input
                    type="checkbox"
                    checked={chosen.includes(pack.id)}
                    onChange={() => toggle(pack.id)}
                  />
                  <span className="truncate">{pack.name}</span>
                </label>
              ))}
            </div>
          )}
          {errors("pack_ids") && <p className="text-bad text-sm">{errors("pack_ids")}</p>}
        </fieldset>
      )}
      {!named && (
        <CheckField
          label="Stop where no pack matches"
          help="Off, a machine of an unknown model goes on with the drivers that Windows has."
          checked={configuration.required ?? false}
          onChange={(event) => onChange({ required: event.target.checked })}
        />
      )}
    </>
  );
}

/** A secret by name; its value is known to nobody here. */
export function SecretSelect(props: {
  label: string;
  value: string | null | undefined;
  none: string;
  error?: string;
  help?: string;
  choices: FormProps<object>["choices"];
  onChange: (id: string | null) => void;
}) {
  const { label, value, none, error, help, choices, onChange } = props;
  return (
    <SelectField
      label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || null)}
      choices={choices.options(choices.secrets, value, none)}
      error={error}
      help={
        help ?? (
          <>
            Kept under{" "}
            <Link href={paths.secrets} className="underline hover:text-text">
              Secrets
            </Link>
            .
          </>
        )
      }
    />
  );
}
