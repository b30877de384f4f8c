"use client";

import { useQuery } from "@tanstack/react-query";
import { Check, Minus } from "lucide-react";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { words } from "@/lib/format";
import { permissionsQuery } from "../api";
import { permissionMatrix } from "../permission-matrix";

type PermissionTableProps = {
  chosen: readonly string[];
  onChange?: (permissions: string[]) => void;
  /** What may be given; others are shown but cannot be chosen. */
  allowed?: (permission: string) => boolean;
};

/** What a role or a key may do: areas down, verbs across. */
export function PermissionTable({ chosen, onChange, allowed = () => true }: PermissionTableProps) {
  const permissions = useQuery(permissionsQuery);
  if (permissions.isPending) return <PanelSkeleton label="Loading the permissions" />;
  if (permissions.isError) {
    return (
      <ErrorState error={permissions.error} onRetry={() => permissions.refetch()} what="The permissions" />
    );
  }
  const { verbs, rows } = permissionMatrix(permissions.data);
  const toggle = (name: string) =>
    onChange?.(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <section
      className="overflow-x-auto rounded-panel border border-line"
      tabIndex={0}
      aria-label="Permissions"
    >
      <table className="w-full text-sm">
        <thead>
          <tr className="border-line border-b text-muted text-xs">
            <th scope="col" className="px-3 py-2 text-left font-medium">
              Area
            </th>
            {verbs.map((verb) => (
              <th key={verb} scope="col" className="w-20 px-2 py-2 font-medium">
                {words(verb)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.area} className="border-line border-b last:border-b-0">
              <th scope="row" className="whitespace-nowrap px-3 py-1.5 text-left font-normal">
                {words(row.area)}
              </th>
              {verbs.map((verb) => {
                const permission = row.verbs.get(verb);
                return (
                  <td key={verb} className="px-2 py-1.5 text-center">
                    {permission && (
                      <PermissionMark
                        name={permission.name}
                        description={permission.description}
                        on={chosen.includes(permission.name)}
                        onToggle={onChange && (() => toggle(permission.name))}
                        disabled={!allowed(permission.name)}
                      />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

type PermissionMarkProps = {
  name: string;
  description: string;
  on: boolean;
  onToggle?: () => void;
  disabled: boolean;
};

function PermissionMark({ name, description, on, onToggle, disabled }: PermissionMarkProps) {
  if (onToggle) {
    return (
      <input
        type="checkbox"
        aria-label={name}
        title={description}
        checked={on}
        disabled={disabled && !on}
        onChange={onToggle}
        className="mx-auto block"
      />
    );
  }
  const Icon = on ? Check : Minus;
  return (
    <span title={description}>
      <Icon className={on ? "mx-auto size-4 text-ok" : "mx-auto size-4 text-line-strong"} aria-hidden />
      <span className="sr-only">{on ? "yes" : "no"}</span>
    </span>
  );
}
