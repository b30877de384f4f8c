"use client";

import { useQuery } from "@tanstack/react-query";
import { SelectField } from "@/components/field";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { bytes } from "@/lib/format";
import { serverImagesQuery } from "../api";

type ServerFileFieldProps = { value: string; error?: string; onChange: (path: string) => void };

export function ServerFileField({ value, error, onChange }: ServerFileFieldProps) {
  const files = useQuery(serverImagesQuery);
  if (files.isError) {
    return <ErrorState error={files.error} onRetry={() => files.refetch()} what="The import folder" />;
  }
  if (!files.data) return <PanelSkeleton rows={2} label="Loading the import folder" />;
  if (!files.data.enabled || files.data.items.length === 0) {
    return (
      <p className="rounded-control border border-line bg-sunken px-3 py-2.5 text-muted text-sm">
        {files.data.enabled
          ? "There is no ISO, WIM or ESD in the server's import folder. Put one there, then open this again."
          : "No folder of the server is open for imports. Whoever runs it sets DEPLOYFLOW_IMPORT_DIR to one."}
        {error && <span className="mt-1 block text-bad">{error}</span>}
      </p>
    );
  }
  return (
    <SelectField
      label="File"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      choices={[
        { value: "", label: "Choose a file" },
        ...files.data.items.map(({ path, size_bytes }) => ({
          value: path,
          label: `${path} (${bytes(size_bytes)})`,
        })),
      ]}
      error={error}
    />
  );
}
