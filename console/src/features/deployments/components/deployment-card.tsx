import Link from "next/link";
import { ProgressBar } from "@/components/progress-bar";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed, Time } from "@/components/time";
import type { Deployment } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { bytes, duration } from "@/lib/format";
import { paths } from "@/lib/paths";
import { modelOf, overallPercent, secondsLeft, shownState, titleOf, waitsFor } from "../states";

/** One machine on the wall. The whole card is one link. */
export function DeploymentCard({ deployment }: { deployment: Deployment }) {
  const state = shownState(deployment);
  const failed = state === "failed";
  const { step } = deployment;
  return (
    <Link
      href={paths.deployment(deployment.id)}
      className={cn(
        "flex min-w-0 flex-col gap-3 rounded-panel border bg-surface p-4 transition-colors duration-120 hover:bg-hover",
        failed ? "border-bad/50" : state === "silent" ? "border-odd/50" : "border-line",
      )}
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold text-base" title={titleOf(deployment)}>
            {titleOf(deployment)}
          </p>
          <p className="truncate text-muted text-sm" title={modelOf(deployment)}>
            {modelOf(deployment)}
          </p>
        </div>
        <StatusBadge status={state} />
      </div>
      <div>
        <ProgressBar
          label={`Progress of ${titleOf(deployment)}`}
          percent={overallPercent(deployment)}
          tone={failed ? "bad" : state === "armed" || state === "waiting_for_approval" ? "wait" : "run"}
        />
        <p className="figures mt-2 flex items-baseline gap-2 text-sm">
          <span className="min-w-0 flex-1 truncate">
            {step.name ?? (failed ? "Stopped" : deployment.profile.name)}
            {step.total > 0 && (
              <span className="text-faint">
                {" "}
                · step {Math.min(step.total, step.done + 1)} of {step.total}
              </span>
            )}
          </span>
          <Pace deployment={deployment} />
        </p>
      </div>
      <p
        className={cn("line-clamp-2 min-h-9 break-words text-sm", failed ? "text-bad" : "text-muted")}
        title={deployment.error?.message ?? undefined}
      >
        {deployment.error?.message ??
          waitsFor(deployment) ??
          deployment.progress?.text ??
          deployment.profile.name}
      </p>
      <p className="flex items-baseline gap-2 text-faint text-xs">
        <span className="min-w-0 flex-1 truncate">
          {deployment.profile.name}
          {deployment.site && ` · ${deployment.site.name}`}
        </span>
        <Age deployment={deployment} />
      </p>
    </Link>
  );
}

function Pace({ deployment }: { deployment: Deployment }) {
  const rate = deployment.progress?.bytes_per_s;
  const left = secondsLeft(deployment);
  if (!rate) return null;
  return (
    <span className="shrink-0 text-muted">
      {bytes(rate, 1000)}/s{left !== null && `, ${duration(Math.ceil(left) * 1000)} left`}
    </span>
  );
}

function Age({ deployment }: { deployment: Deployment }) {
  if (deployment.state === "armed") {
    return (
      <span className="shrink-0">
        ends <Time at={deployment.armed_until} />
      </span>
    );
  }
  const from = deployment.started_at ?? deployment.approved_at ?? deployment.created_at;
  return (
    <span className="shrink-0">
      <Elapsed from={from} to={deployment.finished_at} />
    </span>
  );
}
