import type { Comparison, TaskCondition } from "@/lib/api/types";

/** One line of the editor: a comparison, or its opposite. */
export type Line = Comparison & { not: boolean };
export type SimpleCondition = { join: "all" | "any"; lines: Line[] };

export const OPERATORS: { value: Comparison["op"]; label: string }[] = [
  { value: "eq", label: "is" },
  { value: "ne", label: "is not" },
  { value: "contains", label: "contains" },
  { value: "matches", label: "matches" },
  { value: "gt", label: "is more than" },
  { value: "lt", label: "is less than" },
];

export const BLANK_LINE: Line = { variable: "model", op: "matches", value: "", not: false };

/** A condition as lines that all or any of them hold; null where it is nested deeper than that. */
export function simple(condition: TaskCondition): SimpleCondition | null {
  const one = line(condition);
  if (one) return { join: "all", lines: [one] };
  const join = "all" in condition ? "all" : "any" in condition ? "any" : null;
  if (join === null) return null;
  const parts = "all" in condition ? condition.all : "any" in condition ? condition.any : [];
  const lines = parts.map((part) => line(part));
  return lines.every((each) => each !== null) ? { join, lines } : null;
}

export function condition({ join, lines }: SimpleCondition): TaskCondition | null {
  const parts = lines.map(({ not, ...comparison }) => (not ? { not: comparison } : comparison));
  const [first] = parts;
  if (first === undefined) return null;
  if (parts.length === 1) return first;
  return join === "all" ? { all: parts } : { any: parts };
}

/** "model matches Virtual* and memory_gb is more than 8" */
export function sentence(given: TaskCondition): string {
  if ("all" in given) return given.all.map(inner).join(" and ");
  if ("any" in given) return given.any.map(inner).join(" or ");
  if ("not" in given) return `not ${inner(given.not)}`;
  const word = OPERATORS.find(({ value }) => value === given.op)?.label ?? given.op;
  return `${given.variable} ${word} ${given.value}`;
}

function inner(part: TaskCondition): string {
  return "all" in part || "any" in part ? `(${sentence(part)})` : sentence(part);
}

function line(part: TaskCondition): Line | null {
  if ("variable" in part) return { ...part, not: false };
  if ("not" in part && "variable" in part.not) return { ...part.not, not: true };
  return null;
}
