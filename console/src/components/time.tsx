"use client";

import { useNow } from "@/lib/clock";
import { absoluteTime, counting, duration, relativeTime } from "@/lib/format";

type TimeProps = { at: string | null | undefined; empty?: string; className?: string };

/** Relative to read, absolute on hover. */
export function Time({ at, empty = "never", className }: TimeProps) {
  const now = useNow();
  if (!at) return <span className="text-faint">{empty}</span>;
  return (
    <time dateTime={at} title={absoluteTime(at)} className={className}>
      {/* The clock steps by ten seconds; something newer than the last step is not in the future. */}
      {relativeTime(at, Math.max(now, Math.min(Date.parse(at), now + 10_000)))}
    </time>
  );
}

type ElapsedProps = { from: string; to?: string | null };

/** A duration that counts while it lasts. */
export function Elapsed({ from, to }: ElapsedProps) {
  const now = useNow(1000);
  const end = to ? Date.parse(to) : Math.max(now, Date.parse(from));
  return (
    <span className="figures">
      {to ? duration(end - Date.parse(from)) : counting(end - Date.parse(from))}
    </span>
  );
}
