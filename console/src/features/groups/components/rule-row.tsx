"use client";

import { X } from "lucide-react";
import { controlClass, Select } from "@/components/field";
import type { DeviceGroup, FilterField } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { type Draft, needsValue, OPERATOR_WORDS } from "../rules";

type RuleRowProps = {
  number: number;
  draft: Draft;
  fields: readonly FilterField[];
  groups: readonly DeviceGroup[];
  onChange: (draft: Draft) => void;
  onRemove?: () => void;
};

const UNITS: Record<string, string> = { bytes: "GiB" };

/** One condition: what, how, and with what. */
export function RuleRow({ number, draft, fields, groups, onChange, onRemove }: RuleRowProps) {
  const field = fields.find((one) => one.name === draft.field);
  const operators = field?.operators ?? [draft.op];
  return (
    <fieldset className="grid gap-2 sm:grid-cols-[minmax(0,1.1fr)_minmax(0,1fr)_minmax(0,1.3fr)_2rem] sm:items-center">
      <legend className="sr-only">Rule {number}</legend>
      <Select
        aria-label={`Field of rule ${number}`}
        value={draft.field}
        className="h-9!"
        choices={fields.map((one) => ({ value: one.name, label: one.label }))}
        onChange={(event) => {
          const next = fields.find((one) => one.name === event.target.value);
          const op = next?.operators.includes(draft.op) ? draft.op : (next?.operators[0] ?? "eq");
          const text = next?.choices[0] ?? (next?.kind === "yes_no" ? "true" : "");
          onChange({ ...draft, field: event.target.value, op, text });
        }}
      />
      <Select
        aria-label={`Operator of rule ${number}`}
        value={draft.op}
        className="h-9!"
        choices={operators.map((op) => ({ value: op, label: OPERATOR_WORDS[op] ?? op }))}
        onChange={(event) => onChange({ ...draft, op: event.target.value })}
      />
      {needsValue(draft.op) ? (
        <RuleValue number={number} draft={draft} field={field} groups={groups} onChange={onChange} />
      ) : (
        <span />
      )}
      {onRemove && (
        <button
          type="button"
          aria-label={`Remove rule ${number}`}
          onClick={onRemove}
          className="grid size-8 place-items-center rounded-control text-muted hover:bg-hover hover:text-text"
        >
          <X className="size-4" strokeWidth={1.5} aria-hidden />
        </button>
      )}
    </fieldset>
  );
}

type RuleValueProps = Pick<RuleRowProps, "number" | "draft" | "groups" | "onChange"> & {
  field: FilterField | undefined;
};

function RuleValue({ number, draft, field, groups, onChange }: RuleValueProps) {
  const label = `Value of rule ${number}`;
  const several = draft.op === "in" || draft.op === "not_in";
  const write = (text: string) => onChange({ ...draft, text });
  const offered = several ? [] : choicesOf(field, groups);
  if (offered.length > 0) {
    const known = offered.some((choice) => choice.value === draft.text);
    return (
      <Select
        aria-label={label}
        value={known ? draft.text : ""}
        className="h-9!"
        choices={known ? offered : [{ value: "", label: "Choose …" }, ...offered]}
        onChange={(event) => write(event.target.value)}
      />
    );
  }
  const isNumber = !several && (field?.kind === "number" || field?.kind === "bytes");
  const isSpan = draft.op === "within" || draft.op === "not_within";
  const type = isNumber || isSpan ? "number" : field?.kind === "time" ? "date" : "text";
  const unit = isSpan ? "days" : UNITS[field?.kind ?? ""];
  return (
    <span className="flex items-center gap-2">
      <input
        aria-label={unit ? `${label}, in ${unit}` : label}
        type={type}
        min={0}
        step="any"
        value={draft.text}
        placeholder={several ? "several, with commas between" : undefined}
        onChange={(event) => write(event.target.value)}
        className={cn(controlClass, "h-9")}
      />
      {unit && (
        <span aria-hidden className="text-muted text-sm">
          {unit}
        </span>
      )}
    </span>
  );
}

function choicesOf(field: FilterField | undefined, groups: readonly DeviceGroup[]) {
  if (field?.kind === "yes_no")
    return [
      { value: "true", label: "yes" },
      { value: "false", label: "no" },
    ];
  if (field?.kind === "group") return groups.map((group) => ({ value: group.id, label: group.name }));
  return (field?.choices ?? []).map((choice) => ({ value: choice, label: choice }));
}
