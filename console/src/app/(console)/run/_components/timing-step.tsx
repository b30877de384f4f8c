import { SelectField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";

const HOUR = 3600;
export const EXPIRIES = [
  { value: String(HOUR), label: "1 hour" },
  { value: String(24 * HOUR), label: "1 day" },
  { value: String(7 * 24 * HOUR), label: "7 days" },
  { value: String(30 * 24 * HOUR), label: "30 days" },
] as const;

type TimingStepProps = {
  timeout: number | null;
  defaultTimeout: number;
  expiry: string;
  onTimeout: (seconds: number | null) => void;
  onExpiry: (seconds: string) => void;
};

export function TimingStep({ timeout, defaultTimeout, expiry, onTimeout, onExpiry }: TimingStepProps) {
  return (
    <Panel title="Timing">
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Wait for devices that are away"
          value={expiry}
          onChange={(event) => onExpiry(event.target.value)}
          choices={EXPIRIES}
          help="After this it expires and will not run any more."
        />
        <TextField
          label="Time limit in seconds"
          type="number"
          min={1}
          max={86400}
          placeholder={String(defaultTimeout)}
          value={timeout ?? ""}
          onChange={(event) => onTimeout(event.target.value ? Number(event.target.value) : null)}
          help={`Empty: ${defaultTimeout} s, as the script says.`}
        />
      </div>
    </Panel>
  );
}
