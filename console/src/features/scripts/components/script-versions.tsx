"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DiffView } from "@/components/code/diff-view";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Time } from "@/components/time";
import type { ScriptDetail, ScriptVersion } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { scriptVersionQuery, scriptVersionsQuery } from "../api";

export function ScriptVersions({ script }: { script: ScriptDetail }) {
  const versions = useQuery(scriptVersionsQuery(script.id));
  const [chosen, setChosen] = useState(script.current.number);
  if (versions.isPending) return <PanelSkeleton label="Loading the versions" />;
  if (versions.isError) {
    return <ErrorState error={versions.error} onRetry={() => versions.refetch()} what="The versions" />;
  }
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[18rem_minmax(0,1fr)]">
      <Panel flush>
        <ul className="max-h-[60vh] divide-y divide-line overflow-y-auto">
          {versions.data.items.map((version) => (
            <VersionRow
              key={version.version_id}
              version={version}
              chosen={version.number === chosen}
              onChoose={() => setChosen(version.number)}
            />
          ))}
        </ul>
      </Panel>
      <VersionDiff scriptId={script.id} number={chosen} />
    </div>
  );
}

type VersionRowProps = { version: ScriptVersion; chosen: boolean; onChoose: () => void };

function VersionRow({ version, chosen, onChoose }: VersionRowProps) {
  return (
    <li>
      <button
        type="button"
        onClick={onChoose}
        aria-pressed={chosen}
        className={cn(
          "w-full px-4 py-2.5 text-left text-sm focus-visible:-outline-offset-2",
          chosen ? "bg-accent-soft" : "hover:bg-hover",
        )}
      >
        <span className="flex justify-between gap-3">
          <span className="font-medium">Version {version.number}</span>
          <span className="text-muted">
            <Time at={version.created_at} />
          </span>
        </span>
        <span className="block truncate text-muted">
          {[version.note, version.created_by].filter(Boolean).join(" · ") || "—"}
        </span>
        <span className="block truncate font-mono text-muted text-xs" title={version.sha256}>
          {version.sha256.slice(0, 16)}
        </span>
      </button>
    </li>
  );
}

function VersionDiff({ scriptId, number }: { scriptId: string; number: number }) {
  const after = useQuery(scriptVersionQuery(scriptId, number));
  const before = useQuery(scriptVersionQuery(scriptId, number - 1));
  if (after.isError) return <ErrorState error={after.error} what="This version" />;
  const ready = after.data && (number === 1 || before.data);
  const asText = (version: typeof after.data) =>
    version
      ? `${version.body}${version.parameters.length > 0 ? `\n# parameters\n${JSON.stringify(version.parameters, leaveOutEmpty, 2)}\n` : ""}`
      : "";
  return (
    <Panel
      title={`Version ${number}`}
      description={number === 1 ? "The first one." : `What changed since version ${number - 1}.`}
      flush
    >
      {ready ? (
        <DiffView
          before={asText(before.data)}
          after={asText(after.data)}
          beforeLabel={`version ${number - 1}`}
          afterLabel={`version ${number}`}
        />
      ) : (
        <PanelSkeleton label="Comparing" />
      )}
    </Panel>
  );
}

function leaveOutEmpty(_key: string, value: unknown): unknown {
  return value === null || value === "" || value === false ? undefined : value;
}
