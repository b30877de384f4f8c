"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import type { DriverRule, MachineModel } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { useCan } from "@/lib/session";
import { modelsQuery } from "../api";
import { matches, ruleProblem } from "../rules";

type RulesEditorProps = {
  rules: DriverRule[];
  onChange: (rules: DriverRule[]) => void;
  /** Say what is missing in a rule; before the first try a form is quiet. */
  strict: boolean;
};

const MOST_RULES = 200;

/** The machines a pack is for. Each rule says at once which models of the fleet it means. */
export function RulesEditor({ rules, onChange, strict }: RulesEditorProps) {
  const can = useCan();
  const models = useQuery({ ...modelsQuery, enabled: can("devices:read") });
  const change = (at: number, part: DriverRule) =>
    onChange(rules.map((rule, index) => (index === at ? { ...rule, ...part } : rule)));
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="mb-1.5 font-medium text-sm">Machines it is for</legend>
      {rules.length === 0 && (
        <p className="text-muted text-sm">
          Without a rule no machine gets it by itself; a profile can still name it.
        </p>
      )}
      {rules.map((rule, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: rules have no identity but their place
          key={at}
          role="group"
          aria-label={`Rule ${at + 1}`}
          className="flex flex-col gap-3 rounded-control border border-line p-3"
        >
          <div className="grid gap-3 sm:grid-cols-3">
            <TextField
              label="System SKU"
              mono
              value={rule.sku ?? ""}
              maxLength={200}
              placeholder="21HM*"
              onChange={(event) => change(at, { sku: event.target.value })}
              error={strict ? (ruleProblem(rule) ?? undefined) : undefined}
            />
            <TextField
              label="Maker"
              mono
              value={rule.manufacturer ?? ""}
              maxLength={200}
              placeholder="Dell*"
              onChange={(event) => change(at, { manufacturer: event.target.value })}
            />
            <TextField
              label="Model"
              mono
              value={rule.model ?? ""}
              maxLength={200}
              placeholder="Latitude 54*"
              onChange={(event) => change(at, { model: event.target.value })}
            />
          </div>
          <div className="flex items-start justify-between gap-3">
            <p className="min-w-0 text-muted text-sm" aria-live="polite">
              {models.data && <Meant rule={rule} models={models.data} />}
            </p>
            <Button
              size="iconSm"
              variant="ghost"
              aria-label={`Remove rule ${at + 1}`}
              onClick={() => onChange(rules.filter((_, index) => index !== at))}
            >
              <Trash2 className="size-4" strokeWidth={1.5} aria-hidden />
            </Button>
          </div>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-3">
        <Button disabled={rules.length >= MOST_RULES} onClick={() => onChange([...rules, {}])}>
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          Add a rule
        </Button>
        <p className="text-muted text-sm">All that a rule names has to fit. * stands for any text.</p>
      </div>
    </fieldset>
  );
}

function Meant({ rule, models }: { rule: DriverRule; models: readonly MachineModel[] }) {
  if (ruleProblem(rule)) return null;
  const found = models.filter((model) => matches(rule, model));
  if (found.length === 0) return <>No device that is known is of such a model.</>;
  const devices = found.reduce((sum, model) => sum + model.devices, 0);
  const names = found.slice(0, 3).map((model) => model.model ?? model.sku ?? "unnamed");
  return (
    <>
      {plural(devices, "device")}: {names.join(", ")}
      {found.length > 3 && ` and ${plural(found.length - 3, "more model")}`}
    </>
  );
}
