import type { Filter, FilterOperator } from "@/lib/api/request";

export type FilterSpec = {
  field: string;
  label: string;
  kind: "choice" | "text" | "time" | "id";
  choices?: readonly { value: string; label: string }[];
};

export const OPERATOR_WORDS: Record<FilterOperator, string> = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  contains: "contains",
  gt: "after",
  gte: "from",
  lt: "before",
  lte: "until",
  is_null: "is empty",
};

export function operatorsOf(spec: FilterSpec): FilterOperator[] {
  if (spec.kind === "choice") return ["eq", "ne", "in"];
  if (spec.kind === "time") return ["gte", "lt"];
  if (spec.kind === "id") return ["eq"];
  return ["contains", "eq", "ne"];
}

/** "Status is Online", "Last check-in before 20 Nov". */
export function describeFilter(filter: Filter, spec: FilterSpec | undefined): string {
  const label = spec?.label ?? filter.field.replaceAll("_", " ");
  const value = filter.value
    .split(",")
    .map((part) => spec?.choices?.find((choice) => choice.value === part)?.label ?? part)
    .join(", ");
  const shown =
    spec?.kind === "time" ? value.slice(0, 10) : spec?.kind === "id" ? `…${value.slice(-8)}` : value;
  return `${label} ${OPERATOR_WORDS[filter.op]} ${shown}`;
}
