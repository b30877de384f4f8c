import type { ProfileTaskType } from "@/lib/api/types";

/** The names of time zones that Windows knows, out of the schema of the answer file. */
export function timeZonesOf(types: readonly ProfileTaskType[]): string[] {
  const schema = types.find(({ name }) => name === "inject_configuration")?.configuration_schema;
  const zones = at(schema, "$defs", "Unattend", "properties", "time_zone", "enum");
  return Array.isArray(zones) ? zones.filter((zone) => typeof zone === "string") : [];
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
}
