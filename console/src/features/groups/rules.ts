import type { DeviceFilter, FilterField, FilterRule } from "@/lib/api/types";

/** A rule as a form holds it: what was typed, in the unit people think in. */
export type Draft = { key: number; field: string; op: string; text: string };

export const OPERATOR_WORDS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  contains: "contains",
  not_contains: "does not contain",
  starts_with: "begins with",
  ends_with: "ends with",
  in: "is one of",
  not_in: "is none of",
  is_set: "has a value",
  is_empty: "has no value",
  gt: "more than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  within: "in the last days",
  not_within: "longer ago than days",
  after: "after",
  before: "before",
};

const DAY_S = 86_400;
const GIB = 2 ** 30;

export const needsValue = (op: string): boolean => op !== "is_set" && op !== "is_empty";
const several = (op: string): boolean => op === "in" || op === "not_in";
const spans = (op: string): boolean => op === "within" || op === "not_within";

/** The rule that a form says; null while something is missing. */
export function ruleOf(draft: Draft, field: FilterField | undefined): FilterRule | null {
  if (!field) return null;
  const { op } = draft;
  if (!needsValue(op)) return { field: draft.field, op, value: null };
  const text = draft.text.trim();
  if (!text) return null;
  const said = (part: string) => readValue(part, op, field.kind);
  const value = several(op)
    ? text
        .split(",")
        .map((part) => part.trim())
        .filter(Boolean)
    : said(text);
  return value === null || (Array.isArray(value) && value.length === 0)
    ? null
    : { field: draft.field, op, value };
}

function readValue(text: string, op: string, kind: string): string | number | boolean | null {
  if (kind === "yes_no") return text === "true";
  if (kind === "time") {
    if (!spans(op)) return `${text}T00:00:00Z`;
    return Number(text) > 0 ? Math.round(Number(text) * DAY_S) : null;
  }
  if (kind === "bytes") return Number.isFinite(Number(text)) ? Math.round(Number(text) * GIB) : null;
  if (kind === "number") return Number.isInteger(Number(text)) ? Number(text) : null;
  return text;
}

/** A kept rule, as the form shows it. */
export function draftOf(rule: FilterRule, field: FilterField | undefined, key: number): Draft {
  const { value } = rule;
  const kind = field?.kind;
  let text = Array.isArray(value)
    ? value.join(", ")
    : value === null || value === undefined
      ? ""
      : String(value);
  if (kind === "bytes" && text) text = String(Number(text) / GIB);
  else if (kind === "time" && text) text = spans(rule.op) ? String(Number(text) / DAY_S) : text.slice(0, 10);
  return { key, field: rule.field, op: rule.op, text };
}

/** The filter that the form says; null while a rule is not whole. */
export function filterOf(
  match: DeviceFilter["match"],
  drafts: readonly Draft[],
  fields: readonly FilterField[],
): DeviceFilter | null {
  const rules = drafts.map((draft) =>
    ruleOf(
      draft,
      fields.find((field) => field.name === draft.field),
    ),
  );
  const whole = rules.filter((rule) => rule !== null);
  return whole.length === rules.length && whole.length > 0 ? { match, rules: whole } : null;
}
