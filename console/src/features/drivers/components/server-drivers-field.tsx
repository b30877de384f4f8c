"use client";

import { useQuery } from "@tanstack/react-query";
import { SelectField } from "@/components/field";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { bytes } from "@/lib/format";
import { serverDriversQuery } from "../api";

type ServerDriversFieldProps = { value: string; error?: string; onChange: (path: string) => void };

export function ServerDriversField({ value, error, onChange }: ServerDriversFieldProps) {
  const found = useQuery(serverDriversQuery);
  if (found.isError) {
    return <ErrorState error={found.error} onRetry={() => found.refetch()} what="The import folder" />;
  }
  if (!found.data) return <PanelSkeleton rows={2} label="Loading the import folder" />;
  if (!found.data.enabled || found.data.items.length === 0) {
    return (
      <p className="rounded-control border border-line bg-sunken px-3 py-2.5 text-muted text-sm">
        {found.data.enabled
          ? "There is no zip, cab or folder in the server's import folder. Put one there, then open this again."
          : "No folder of the server is open for imports. Whoever runs it sets DEPLOYFLOW_IMPORT_DIR to one."}
        {error && <span className="mt-1 block text-bad">{error}</span>}
      </p>
    );
  }
  return (
    <SelectField
      label="Archive or folder"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      choices={[
        { value: "", label: "Choose one" },
        ...found.data.items.map(({ path, size_bytes }) => ({
          value: path,
          label: size_bytes > 0 ? `${path} (${bytes(size_bytes)})` : `${path}/`,
        })),
      ]}
      error={error}
    />
  );
}
