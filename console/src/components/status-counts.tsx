import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { statusLook } from "./status-badge";

const bars = {
  ok: "fill-ok",
  run: "fill-run",
  wait: "fill-wait",
  bad: "fill-bad",
  odd: "fill-odd",
  idle: "fill-idle",
};
const dots = { ok: "bg-ok", run: "bg-run", wait: "bg-wait", bad: "bg-bad", odd: "bg-odd", idle: "bg-idle" };

export type StatusCount = { status: string; count: number };

/** How many of many are where: one bar, and the same in words. */
export function StatusCounts({ counts }: { counts: readonly StatusCount[] }) {
  const states = counts.filter((state) => state.count > 0);
  const total = states.reduce((sum, state) => sum + state.count, 0);
  let at = 0;
  return (
    <>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="h-1.5 w-full" aria-hidden>
        {states.map((state) => {
          const width = (state.count / total) * 100;
          at += width;
          return (
            <rect
              key={state.status}
              x={at - width}
              width={width}
              height="4"
              className={bars[statusLook(state.status).tone]}
            />
          );
        })}
      </svg>
      <ul className="mt-2.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {states.map((state) => {
          const look = statusLook(state.status);
          return (
            <li key={state.status} className="flex items-center gap-1.5">
              <span aria-hidden className={cn("size-2 rounded-full", dots[look.tone])} />
              <span className="figures font-medium">{count(state.count)}</span>
              <span className="text-muted">{look.word}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
