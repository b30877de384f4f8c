"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import type { Finding, ProfileDetail } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { preflightQuery } from "../api";
import { FindingLine } from "./finding-line";

type PreflightPanelProps = {
  profile: ProfileDetail;
  device: { id: string; name: string } | null;
  /** Chooses the device; of another feature, so the page brings it. */
  deviceChoice: ReactNode;
  dirty: boolean;
  taskName: (order: number) => string | undefined;
  onSelect: (order: number) => void;
};

/** What would stop the profile as it is saved, on one device or on any. */
export function PreflightPanel(props: PreflightPanelProps) {
  const { profile, device, deviceChoice, dirty, taskName, onSelect } = props;
  const preflight = useQuery(preflightQuery(profile, device?.id ?? null));
  const of = (level: Finding["level"]) =>
    preflight.data?.findings.filter((finding) => finding.level === level) ?? [];
  const errors = of("error");
  const warnings = of("warning");
  const fine = of("ok");
  return (
    <Panel title="Preflight" actions={deviceChoice} flush>
      {preflight.isPending ? (
        <PanelSkeleton rows={3} label="Looking at the profile" />
      ) : preflight.isError ? (
        <ErrorState error={preflight.error} onRetry={() => preflight.refetch()} what="The preflight" />
      ) : (
        <div
          className={preflight.isPlaceholderData ? "opacity-60" : undefined}
          aria-busy={preflight.isFetching}
        >
          <p role="status" className="px-4 pt-3 pb-1 font-medium text-sm">
            {errors.length > 0 ? (
              <span className="text-bad">
                {plural(errors.length, "thing")} would stop it{device && ` on ${device.name}`}
              </span>
            ) : (
              <span className="text-ok">Nothing would stop it{device ? ` on ${device.name}` : ""}</span>
            )}
            {preflight.data.computer_name && (
              <span className="ml-2 font-mono font-normal text-muted">{preflight.data.computer_name}</span>
            )}
          </p>
          {dirty && (
            <p className="px-4 text-muted text-sm">
              As saved in version {preflight.data.profile_version}; your changes are looked at once saved.
            </p>
          )}
          <ul className="flex flex-col gap-2.5 px-4 py-3">
            {[...errors, ...warnings].map((finding) => (
              <FindingLine
                key={`${finding.code}-${finding.task}-${finding.message}`}
                level={finding.level}
                message={finding.message}
              >
                <TaskLink finding={finding} taskName={taskName} onSelect={onSelect} />
              </FindingLine>
            ))}
          </ul>
          {fine.length > 0 && (
            <details className="group border-line border-t">
              <summary className="flex h-9 items-center gap-2 px-4 text-muted text-sm hover:text-text">
                <ChevronRight
                  className="size-4 transition-transform duration-120 group-open:rotate-90"
                  strokeWidth={1.5}
                  aria-hidden
                />
                {plural(fine.length, "thing is", "things are")} in order
              </summary>
              <ul className="flex flex-col gap-2.5 px-4 pb-3">
                {fine.map((finding) => (
                  <FindingLine key={finding.code + finding.message} level="ok" message={finding.message} />
                ))}
              </ul>
            </details>
          )}
        </div>
      )}
    </Panel>
  );
}

type TaskLinkProps = {
  finding: Finding;
  taskName: (order: number) => string | undefined;
  onSelect: (order: number) => void;
};

function TaskLink({ finding, taskName, onSelect }: TaskLinkProps) {
  const { task } = finding;
  const name = task === null || task === undefined ? undefined : taskName(task);
  if (task === null || task === undefined || name === undefined) return null;
  return (
    <button
      type="button"
      onClick={() => onSelect(task)}
      className="ml-1.5 rounded-control text-muted underline decoration-line-strong underline-offset-2 hover:text-text"
    >
      Step {task + 1}
    </button>
  );
}
