import type { Permission } from "@/lib/api/types";

export type MatrixRow = { area: string; verbs: Map<string, Permission> };

/** Permissions as a table: areas down, verbs across, read first. */
export function permissionMatrix(permissions: readonly Permission[]): { verbs: string[]; rows: MatrixRow[] } {
  const rows = new Map<string, MatrixRow>();
  const verbs = new Set<string>(["read", "write"]);
  for (const permission of permissions) {
    const row = rows.get(permission.area) ?? { area: permission.area, verbs: new Map() };
    row.verbs.set(permission.verb, permission);
    rows.set(permission.area, row);
    verbs.add(permission.verb);
  }
  return { verbs: [...verbs], rows: [...rows.values()] };
}
