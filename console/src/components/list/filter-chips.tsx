"use client";

import { ListFilter, X } from "lucide-react";
import { type FormEvent, type ReactElement, useState } from "react";
import { Button } from "@/components/button";
import { SelectField, TextField } from "@/components/field";
import { Popover } from "@/components/popover";
import type { Filter, FilterOperator } from "@/lib/api/request";
import { describeFilter, type FilterSpec, OPERATOR_WORDS, operatorsOf } from "./filter-spec";

type FilterChipsProps = { specs: FilterSpec[]; filters: Filter[]; onChange: (filters: Filter[]) => void };

export function FilterChips({ specs, filters, onChange }: FilterChipsProps) {
  const replace = (index: number, filter: Filter | null) =>
    onChange(filters.flatMap((each, at) => (at === index ? (filter ? [filter] : []) : [each])));
  return (
    <>
      {filters.map((filter, index) => (
        <span
          key={`${filter.field}.${filter.op}.${filter.value}`}
          className="inline-flex h-8 max-w-full items-center rounded-control border border-line-strong bg-surface text-sm"
        >
          <FilterEditor
            specs={specs}
            filter={filter}
            onDone={(next) => replace(index, next)}
            trigger={
              <button
                type="button"
                className="h-full min-w-0 truncate rounded-control pr-1 pl-2.5 hover:bg-hover"
              >
                {describeFilter(
                  filter,
                  specs.find((spec) => spec.field === filter.field),
                )}
              </button>
            }
          />
          <button
            type="button"
            aria-label={`Remove filter ${filter.field}`}
            className="grid h-full w-7 place-items-center rounded-control text-muted hover:bg-hover hover:text-text"
            onClick={() => replace(index, null)}
          >
            <X className="size-3.5" strokeWidth={1.5} aria-hidden />
          </button>
        </span>
      ))}
      <FilterEditor
        specs={specs}
        onDone={(filter) => onChange([...filters.filter((each) => each.field !== filter.field), filter])}
        trigger={
          <Button variant="ghost">
            <ListFilter className="size-4" strokeWidth={1.5} aria-hidden />
            Filter
          </Button>
        }
      />
    </>
  );
}

type FilterEditorProps = {
  specs: FilterSpec[];
  filter?: Filter;
  onDone: (filter: Filter) => void;
  trigger: ReactElement<{ popoverTarget?: string }>;
};

function FilterEditor({ specs, filter, onDone, trigger }: FilterEditorProps) {
  return (
    <Popover title="Filter" trigger={trigger}>
      {(close) => (
        <FilterForm
          specs={specs}
          filter={filter}
          onDone={(next) => {
            close();
            onDone(next);
          }}
        />
      )}
    </Popover>
  );
}

function FilterForm({ specs, filter, onDone }: Omit<FilterEditorProps, "trigger">) {
  const first = specs.find((spec) => spec.field === filter?.field) ?? specs[0];
  const [field, setField] = useState(first?.field ?? "");
  const spec = specs.find((each) => each.field === field) ?? first;
  const [op, setOp] = useState<FilterOperator | null>(filter?.op ?? null);
  const [value, setValue] = useState(filter?.value ?? "");
  if (!spec) return null;
  const operators = operatorsOf(spec);
  const operator = op && operators.includes(op) ? op : (operators[0] ?? "eq");
  const chosen =
    value || (spec.kind === "choice" && operator !== "in" ? (spec.choices?.[0]?.value ?? "") : "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen) onDone({ field: spec.field, op: operator, value: chosen });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <SelectField
        label="Field"
        value={spec.field}
        onChange={(event) => {
          setField(event.target.value);
          setValue("");
        }}
        choices={specs.map((each) => ({ value: each.field, label: each.label }))}
      />
      <SelectField
        label="Condition"
        value={operator}
        onChange={(event) => setOp(event.target.value as FilterOperator)}
        choices={operators.map((each) => ({ value: each, label: OPERATOR_WORDS[each] }))}
      />
      {spec.kind === "choice" && operator !== "in" ? (
        <SelectField
          label="Value"
          value={chosen}
          onChange={(event) => setValue(event.target.value)}
          choices={spec.choices ?? []}
        />
      ) : (
        <TextField
          label="Value"
          type={spec.kind === "time" ? "date" : "text"}
          value={spec.kind === "time" ? value.slice(0, 10) : value}
          onChange={(event) =>
            setValue(spec.kind === "time" ? `${event.target.value}T00:00:00Z` : event.target.value)
          }
          help={operator === "in" ? "Several values, separated by commas." : undefined}
        />
      )}
      <Button type="submit" variant="primary" disabled={!chosen}>
        Apply
      </Button>
    </form>
  );
}
