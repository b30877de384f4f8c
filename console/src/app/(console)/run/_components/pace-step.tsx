import { SelectField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import type { RunIn } from "@/lib/api/types";

export type Pace = Pick<RunIn, "at_most" | "stop_at_percent" | "order">;

const ORDERS = [
  { value: "hostname", label: "By host name" },
  { value: "recent", label: "Those heard of last first" },
  { value: "random", label: "By chance" },
];

type PaceStepProps = { pace: Pace; onChange: (pace: Pace) => void };

/** How fast a run goes over many devices, and what makes it stop. */
export function PaceStep({ pace, onChange }: PaceStepProps) {
  const number = (text: string) => (text ? Number(text) : null);
  return (
    <Panel title="Pace">
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          label="Devices at a time"
          optional
          type="number"
          min={1}
          max={10000}
          value={pace.at_most ?? ""}
          onChange={(event) => onChange({ ...pace, at_most: number(event.target.value) })}
          help="Empty: all at once. Only those that are online count."
        />
        <SelectField
          label="Order"
          value={pace.order ?? "hostname"}
          onChange={(event) => onChange({ ...pace, order: event.target.value as Pace["order"] })}
          choices={ORDERS}
          help="Whose turn comes first."
        />
        <TextField
          label="Stop when so many percent fail"
          optional
          type="number"
          min={1}
          max={100}
          value={pace.stop_at_percent ?? ""}
          onChange={(event) => onChange({ ...pace, stop_at_percent: number(event.target.value) })}
          help="Of those that ended, once ten have. Empty: it never stops by itself."
        />
      </div>
    </Panel>
  );
}
