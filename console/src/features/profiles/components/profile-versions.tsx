"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DiffView } from "@/components/code/diff-view";
import { Select } from "@/components/field";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Time } from "@/components/time";
import type { ProfileDetail, ProfileVersion } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { profileVersionQuery, profileVersionsQuery } from "../api";

export function ProfileVersions({ profile }: { profile: ProfileDetail }) {
  const versions = useQuery(profileVersionsQuery(profile.id));
  const [chosen, setChosen] = useState(profile.current.number);
  const [against, setAgainst] = useState<number | null>(null);
  if (versions.isPending) return <PanelSkeleton label="Loading the versions" />;
  if (versions.isError) {
    return <ErrorState error={versions.error} onRetry={() => versions.refetch()} what="The versions" />;
  }
  const other = against !== null && against !== chosen ? against : chosen - 1;
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
      <VersionDiff
        profileId={profile.id}
        number={chosen}
        against={other}
        choice={
          versions.data.items.length > 1 && (
            <Select
              aria-label="Compare with"
              value={String(other)}
              onChange={(event) => setAgainst(Number(event.target.value))}
              choices={[
                ...(other === 0 ? [{ value: "0", label: "the first one" }] : []),
                ...versions.data.items
                  .filter(({ number }) => number !== chosen)
                  .map(({ number }) => ({ value: String(number), label: `against version ${number}` })),
              ]}
              className="w-48"
            />
          )
        }
      />
    </div>
  );
}

type VersionRowProps = { version: ProfileVersion; chosen: boolean; onChoose: () => void };

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
          <Time at={version.created_at} className="text-muted" />
        </span>
        <span className="block truncate text-muted">
          {[version.note, version.created_by].filter(Boolean).join(" · ") || "—"}
        </span>
      </button>
    </li>
  );
}

type VersionDiffProps = { profileId: string; number: number; against: number; choice: React.ReactNode };

function VersionDiff({ profileId, number, against, choice }: VersionDiffProps) {
  const after = useQuery(profileVersionQuery(profileId, number, 0));
  const before = useQuery(profileVersionQuery(profileId, against, 0));
  if (after.isError) return <ErrorState error={after.error} what="This version" />;
  const ready = after.data && (against === 0 || before.data);
  return (
    <Panel
      title={`Version ${number}`}
      description={against === 0 ? "The first one." : `Against version ${against}, as their files say it.`}
      actions={choice}
      flush
    >
      {ready ? (
        <DiffView
          before={before.data?.text ?? ""}
          after={after.data.text}
          beforeLabel={`version ${against}`}
          afterLabel={`version ${number}`}
        />
      ) : (
        <PanelSkeleton label="Comparing" />
      )}
    </Panel>
  );
}
