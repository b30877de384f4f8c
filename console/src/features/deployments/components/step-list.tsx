"use client";

import { StatusBadge, statusLook } from "@/components/status-badge";
import { Elapsed } from "@/components/time";
import type { DeploymentDetail, DeploymentStep } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";

type StepListProps = {
  deployment: DeploymentDetail;
  /** The step whose log is open; null is the whole deployment's. */
  open: number | null;
  onOpen: (position: number | null) => void;
};

const bars = {
  ok: "bg-ok",
  run: "bg-run",
  wait: "bg-wait",
  bad: "bg-bad",
  odd: "bg-odd",
  idle: "bg-idle",
};

/** The steps in order, each with its bar on one axis of time; a step opens its own log. */
export function StepList({ deployment, open, onOpen }: StepListProps) {
  const now = useNow(1000);
  const axis = axisOf(deployment.steps, now);
  const inSystem = deployment.steps.findIndex((step) => step.phase === "os");
  return (
    <ol className="flex flex-col">
      {deployment.steps.map((step, index) => (
        <li key={step.position}>
          {index === inSystem && (
            <p className="border-line border-t bg-sunken px-4 py-1.5 text-faint text-xs">
              In the installed system
            </p>
          )}
          <button
            type="button"
            aria-pressed={open === step.position}
            aria-label={`${step.name}, ${statusLook(step.state).word}: show its log`}
            onClick={() => onOpen(open === step.position ? null : step.position)}
            className={cn(
              "grid w-full grid-cols-[1.5rem_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1.5 border-line border-t px-4 py-2.5 text-left hover:bg-hover focus-visible:-outline-offset-2",
              index === 0 && "border-t-0",
              open === step.position && "bg-accent-soft",
            )}
          >
            <span className="figures text-right text-faint text-sm">{step.position + 1}</span>
            <span className="min-w-0">
              <span className="block truncate font-medium text-sm">{step.name}</span>
            </span>
            <span className="flex items-center gap-3 text-sm">
              {step.attempt > 1 && <span className="text-muted">try {step.attempt}</span>}
              {step.started_at && (
                <span className="text-muted">
                  <Elapsed from={step.started_at} to={step.finished_at} />
                </span>
              )}
              {step.state === "pending" ? (
                <span className="text-faint">Not begun</span>
              ) : (
                <StatusBadge status={step.state} />
              )}
            </span>
            <TimeBar step={step} axis={axis} now={now} />
            {step.error && (
              <span className="col-span-2 col-start-2 break-words text-bad text-sm">
                {step.error.message} <span className="font-mono text-xs">({step.error.code})</span>
              </span>
            )}
          </button>
        </li>
      ))}
    </ol>
  );
}

type Axis = { from: number; to: number };

function TimeBar({ step, axis, now }: { step: DeploymentStep; axis: Axis; now: number }) {
  if (!step.started_at) return null;
  const span = Math.max(1, axis.to - axis.from);
  const begin = Date.parse(step.started_at);
  const end = step.finished_at ? Date.parse(step.finished_at) : Math.max(now, begin);
  return (
    <span aria-hidden className="relative col-span-2 col-start-2 h-1 overflow-hidden rounded-full bg-line">
      <span
        className={cn("absolute h-full rounded-full", bars[statusLook(step.state).tone])}
        style={{
          left: `${((begin - axis.from) / span) * 100}%`,
          width: `max(3px, ${((end - begin) / span) * 100}%)`,
        }}
      />
    </span>
  );
}

function axisOf(steps: readonly DeploymentStep[], now: number): Axis {
  const begins = steps.flatMap((step) => (step.started_at ? [Date.parse(step.started_at)] : []));
  const ends = steps.flatMap((step) =>
    step.started_at ? [step.finished_at ? Date.parse(step.finished_at) : now] : [],
  );
  return begins.length > 0
    ? { from: Math.min(...begins), to: Math.max(...ends, Math.min(...begins) + 1000) }
    : { from: 0, to: 1 };
}
