import { expect, test } from "vitest";
import type { FilterField } from "@/lib/api/types";
import { draftOf, filterOf, ruleOf } from "./rules";

const field = (name: string, kind: string): FilterField => ({
  name,
  kind,
  label: name,
  area: "status",
  operators: [],
  choices: [],
});
const FIELDS = [
  field("hostname", "text"),
  field("memory_bytes", "bytes"),
  field("last_check_in", "time"),
  field("secure_boot", "yes_no"),
  field("cpu_cores", "number"),
];

test.each([
  ["hostname", "in", "a, b ,", ["a", "b"]],
  ["hostname", "is_empty", "", null],
  ["memory_bytes", "lt", "8", 8 * 2 ** 30],
  ["last_check_in", "within", "7", 7 * 86_400],
  ["last_check_in", "before", "2026-01-31", "2026-01-31T00:00:00Z"],
  ["secure_boot", "eq", "false", false],
  ["cpu_cores", "gte", "4", 4],
])("%s %s %s is understood, and shown as it was typed", (name, op, text, value) => {
  const known = FIELDS.find((one) => one.name === name);
  const rule = ruleOf({ key: 1, field: name, op, text }, known);
  expect(rule).toEqual({ field: name, op, value });
  if (rule) expect(ruleOf(draftOf(rule, known, 1), known)).toEqual(rule);
});

test("a filter is whole only when each of its rules is", () => {
  const whole = { key: 1, field: "hostname", op: "eq", text: "a" };
  expect(filterOf("all", [whole, { ...whole, key: 2, text: " " }], FIELDS)).toBeNull();
  expect(filterOf("all", [], FIELDS)).toBeNull();
  expect(filterOf("any", [whole], FIELDS)?.match).toBe("any");
  expect(filterOf("any", [{ ...whole, field: "cpu_cores", text: "many" }], FIELDS)).toBeNull();
});
