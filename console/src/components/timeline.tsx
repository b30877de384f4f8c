import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { statusLook } from "./status-badge";
import { Elapsed, Time } from "./time";

export type TimelineStep = {
  status: string;
  at: string;
  until: string | null;
  reason: ReactNode;
  last: boolean;
};

const marks = { ok: "bg-ok", run: "bg-run", wait: "bg-wait", bad: "bg-bad", odd: "bg-odd", idle: "bg-idle" };

/** States in the order they happened, with how long each lasted. */
export function Timeline({ steps }: { steps: TimelineStep[] }) {
  return (
    <ol className="flex flex-col">
      {steps.map((step) => {
        const look = statusLook(step.status);
        return (
          <li key={`${step.status}-${step.at}`} className="relative flex gap-3 pb-4 last:pb-0">
            {!step.last && (
              <span aria-hidden className="absolute top-4 bottom-0 left-[5px] w-px bg-line-strong" />
            )}
            <span
              aria-hidden
              className={cn("mt-1 size-[11px] shrink-0 rounded-full ring-3 ring-surface", marks[look.tone])}
            />
            <div className="min-w-0 flex-1 text-sm">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{look.word}</span>
                <span className="text-faint">
                  <Time at={step.at} />
                </span>
                {(step.until || !isFinal(step.status)) && (
                  <span className="ml-auto text-muted">
                    <Elapsed from={step.at} to={step.until} />
                  </span>
                )}
              </p>
              {step.reason && <p className="text-muted">{step.reason}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const FINAL = new Set(["succeeded", "failed", "cancelled", "expired", "timed_out", "interrupted"]);

export function isFinal(status: string): boolean {
  return FINAL.has(status);
}
