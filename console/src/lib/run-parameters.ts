import type { ScriptParameter } from "@/lib/api/types";

export type ParameterValues = Record<string, string | boolean>;

export function startValues(parameters: readonly ScriptParameter[]): ParameterValues {
  return Object.fromEntries(
    parameters.map(({ name, type, default: preset }) => {
      if (type === "boolean") return [name, preset === true];
      return [name, preset === null || preset === undefined ? "" : String(preset)];
    }),
  );
}

/** What each parameter still needs; empty when the run can go. */
export function parameterProblems(
  parameters: readonly ScriptParameter[],
  values: ParameterValues,
): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const { name, type, required } of parameters) {
    const value = values[name];
    if (type === "boolean") continue;
    if (value === undefined || value === "") {
      if (required) problems[name] = "This is needed.";
    } else if (type === "number" && !Number.isFinite(Number(value))) {
      problems[name] = "Give a number.";
    }
  }
  return problems;
}

/** As the API takes them: numbers as numbers, secrets by reference, what was left empty not at all. */
export function parameterPayload(
  parameters: readonly ScriptParameter[],
  values: ParameterValues,
): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  for (const { name, type } of parameters) {
    const value = values[name];
    if (value === undefined || value === "") continue;
    if (type === "number") payload[name] = Number(value);
    else if (type === "secret") payload[name] = { secret_id: value };
    else payload[name] = value;
  }
  return payload;
}
