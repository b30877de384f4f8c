"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import { Button } from "@/components/button";
import { CheckField, controlClass, Field, Select, TextField } from "@/components/field";
import type { LocalAccount, Unattend } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { taskTypesQuery } from "../../api";
import { timeZonesOf } from "../../time-zones";
import type { FormProps } from "./form-props";
import { SecretSelect } from "./image-forms";

export function UnattendFields({ configuration, onChange, errors, choices }: FormProps<Unattend>) {
  const text = (field: TextKey) => ({
    value: configuration[field] ?? "",
    onChange: (event: { target: { value: string } }) => onChange({ [field]: event.target.value || null }),
    error: errors(field),
  });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Formats" {...text("locale")} help="As in de-DE" spellCheck={false} />
        <TextField label="Language of Windows" {...text("ui_language")} help="One the image has" />
        <TextField
          label="Keyboard"
          {...text("keyboard")}
          help="As in 0407:00000407"
          mono
          spellCheck={false}
        />
        <TimeZoneField
          value={configuration.time_zone ?? "UTC"}
          onChange={(time_zone) => onChange({ time_zone })}
          error={errors("time_zone")}
        />
        <TextField label="Organisation" optional {...text("organization")} />
        <TextField label="Owner" optional {...text("owner")} />
        <TextField
          label="Product key"
          optional
          mono
          {...text("product_key")}
          placeholder="XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"
          help="Seen by whoever may see the profile."
          spellCheck={false}
        />
        <TextField
          label="Workgroup"
          optional
          {...text("workgroup")}
          disabled={Boolean(configuration.domain_join_ref)}
        />
      </div>
      <SecretSelect
        label="Join a domain with"
        value={configuration.domain_join_ref}
        none="No domain"
        error={errors("domain_join_ref")}
        help="A secret with the blob that `djoin /provision` made for one computer."
        choices={choices}
        onChange={(domain_join_ref) =>
          onChange(domain_join_ref ? { domain_join_ref, workgroup: null } : { domain_join_ref })
        }
      />
      <Accounts
        accounts={configuration.accounts ?? []}
        onChange={(accounts) => onChange({ accounts })}
        errors={errors}
        choices={choices}
      />
      <CheckField
        label="Skip the welcome pages"
        help="Privacy, network and account questions of the first sign-in."
        checked={configuration.skip_oobe ?? true}
        onChange={(event) => onChange({ skip_oobe: event.target.checked })}
      />
    </>
  );
}

type TextKey = "locale" | "ui_language" | "keyboard" | "organization" | "owner" | "product_key" | "workgroup";
type TimeZoneFieldProps = {
  value: string;
  onChange: (zone: NonNullable<Unattend["time_zone"]>) => void;
  error?: string;
};

/** The names are those that Windows knows: the server lists them with the type's schema. */
function TimeZoneField({ value, onChange, error }: TimeZoneFieldProps) {
  const zones = timeZonesOf(useQuery(taskTypesQuery).data?.items ?? []);
  const listId = useId();
  return (
    <Field label="Time zone" error={error}>
      {(control) => (
        <>
          <input
            {...control}
            list={listId}
            value={value}
            onChange={(event) => onChange(event.target.value as NonNullable<Unattend["time_zone"]>)}
            spellCheck={false}
            className={cn(controlClass, "h-9")}
          />
          <datalist id={listId}>
            {zones.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

type AccountsProps = {
  accounts: LocalAccount[];
  onChange: (accounts: LocalAccount[]) => void;
  errors: FormProps<Unattend>["errors"];
  choices: FormProps<Unattend>["choices"];
};

function Accounts({ accounts, onChange, errors, choices }: AccountsProps) {
  const replace = (index: number, change: Partial<LocalAccount>) =>
    onChange(accounts.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">
        Accounts beside the administrator<span className="ml-1.5 font-normal text-faint">optional</span>
      </legend>
      {accounts.map((account, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the name is being edited
          key={index}
          className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)_2rem] gap-2"
        >
          <input
            aria-label={`Name of account ${index + 1}`}
            value={account.name}
            maxLength={20}
            onChange={(event) => replace(index, { name: event.target.value })}
            spellCheck={false}
            className={cn(controlClass, "h-8")}
          />
          <Select
            aria-label={`Group of account ${index + 1}`}
            value={account.group ?? "Users"}
            onChange={(event) => replace(index, { group: event.target.value as LocalAccount["group"] })}
            choices={[
              { value: "Users", label: "Users" },
              { value: "Administrators", label: "Administrators" },
            ]}
          />
          <Select
            aria-label={`Password of account ${index + 1}`}
            value={account.password_ref}
            onChange={(event) => replace(index, { password_ref: event.target.value })}
            choices={choices.options(choices.secrets, account.password_ref)}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove account ${index + 1}`}
            onClick={() => onChange(accounts.filter((_, at) => at !== index))}
          >
            <X className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
          {errors("accounts", index) && (
            <p className="col-span-4 text-bad text-sm">{errors("accounts", index)}</p>
          )}
        </div>
      ))}
      <Button
        size="sm"
        variant="ghost"
        className="-ml-2 self-start"
        onClick={() =>
          onChange([...accounts, { name: "", group: "Users", password_ref: choices.secrets[0]?.id ?? "" }])
        }
      >
        <Plus className="size-4" strokeWidth={1.5} aria-hidden />
        Add an account
      </Button>
    </fieldset>
  );
}
