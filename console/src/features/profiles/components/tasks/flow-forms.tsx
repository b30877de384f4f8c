"use client";

import { DurationField } from "@/components/duration-field";
import { SelectField, TextField } from "@/components/field";
import { Callout } from "@/components/panel";
import { RadioCards } from "@/components/radio-cards";
import type { BundleStep, Reboot, SetVariable, Wait } from "@/lib/api/types";
import type { Configuration } from "../../draft";
import type { FormProps } from "./form-props";

export function AgentForm() {
  return (
    <p className="text-muted text-sm">
      Nothing to choose. The server's own build of the agent is planted in the image, with a token that works
      once, for this machine. At its first start the machine comes back as the device it was, with its tags
      and history.
    </p>
  );
}

export function SoftwareForm({ configuration, onChange, errors, choices }: FormProps<BundleStep>) {
  const single = configuration.items ?? [];
  return (
    <>
      <SelectField
        label="Bundle"
        value={configuration.bundle_id ?? ""}
        onChange={(event) => onChange({ bundle_id: event.target.value || null, items: [] })}
        choices={choices.options(
          choices.bundles,
          configuration.bundle_id,
          "None: this step installs nothing",
        )}
        error={errors("bundle_id") ?? errors()}
        help="Its items are installed one after the other, each in the version of the moment the plan is made."
      />
      {single.length > 0 && (
        <Callout tone="wait" title="This step names items of its own">
          {single.map((id) => choices.nameOf(id) ?? "Not there any more").join(", ")}. Choosing a bundle puts
          it in their place.
        </Callout>
      )}
    </>
  );
}

export function RebootForm({ configuration, onChange, readOnly }: FormProps<Reboot>) {
  return (
    <RadioCards
      label="Where to"
      value={configuration.to ?? "os"}
      choices={[
        { value: "os", label: "Into Windows", help: "What follows runs in the installed system." },
        {
          value: "environment",
          label: "Into the boot environment",
          help: "It goes on with the next step there.",
        },
      ]}
      onChange={(to) => onChange({ to })}
      disabled={readOnly}
    />
  );
}

export function WaitForm({ configuration, onChange, errors, readOnly }: FormProps<Wait>) {
  const forAddress = configuration.url !== null && configuration.url !== undefined;
  return (
    <>
      <RadioCards
        label="For what"
        value={forAddress ? "address" : "time"}
        choices={[
          { value: "time", label: "A time" },
          { value: "address", label: "An address that answers" },
        ]}
        onChange={(value) =>
          onChange(
            value === "time"
              ? { seconds: 30, url: null, timeout_s: null }
              : { seconds: null, url: "https://", timeout_s: 300 },
          )
        }
        disabled={readOnly}
      />
      {forAddress ? (
        <>
          <TextField
            label="Address"
            mono
            value={configuration.url ?? ""}
            onChange={(event) => onChange({ url: event.target.value })}
            error={errors("url") ?? errors()}
            help="Asked again and again, until it answers with a success."
          />
          <DurationField
            key="address"
            label="For at most"
            seconds={configuration.timeout_s ?? 300}
            onChange={(timeout_s) => onChange({ timeout_s })}
            error={errors("timeout_s")}
          />
        </>
      ) : (
        <DurationField
          key="time"
          label="How long"
          seconds={configuration.seconds ?? 0}
          onChange={(seconds) => onChange({ seconds })}
          error={errors("seconds")}
        />
      )}
    </>
  );
}

export function VariableForm({ configuration, onChange, errors }: FormProps<SetVariable>) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Variable"
        mono
        value={configuration.name ?? ""}
        onChange={(event) => onChange({ name: event.target.value })}
        error={errors("name")}
        spellCheck={false}
        help="Small letters, digits and _."
      />
      <TextField
        label="Text"
        value={configuration.value ?? ""}
        onChange={(event) => onChange({ value: event.target.value })}
        error={errors("value")}
        help="{model} and the like stand for another variable."
      />
    </div>
  );
}

/** A type that a newer server brought: shown as it is, so that nothing of it is lost. */
export function UnknownForm({ configuration }: FormProps<Configuration>) {
  return (
    <pre className="overflow-x-auto rounded-control border border-line bg-sunken p-3 font-mono text-xs">
      {JSON.stringify(configuration, null, 2)}
    </pre>
  );
}
