"use client";

import { structuredPatch } from "diff";
import { cn } from "@/lib/cn";

export type DiffLinesProps = { before: string; after: string; beforeLabel: string; afterLabel: string };

/** A unified diff with both line numbers; signs as well as colour say what was added and removed. */
export function DiffLines({ before, after, beforeLabel, afterLabel }: DiffLinesProps) {
  const { hunks } = structuredPatch(beforeLabel, afterLabel, before, after, "", "", { context: 4 });
  if (hunks.length === 0) {
    return <p className="p-4 text-muted text-sm">Nothing differs between these two.</p>;
  }
  return (
    <div className="overflow-x-auto bg-sunken py-2 font-mono text-xs leading-5">
      {hunks.map((hunk) => {
        let oldLine = hunk.oldStart;
        let newLine = hunk.newStart;
        return (
          <div key={`${hunk.oldStart}-${hunk.newStart}`} className="min-w-max">
            <p className="px-4 py-1 text-faint">
              {beforeLabel} from line {hunk.oldStart}, {afterLabel} from line {hunk.newStart}
            </p>
            {hunk.lines.map((line) => {
              const sign = line[0];
              if (sign === "\\") return null;
              const numbers = [sign === "+" ? null : oldLine, sign === "-" ? null : newLine] as const;
              if (sign !== "+") oldLine += 1;
              if (sign !== "-") newLine += 1;
              return (
                <div
                  key={`${numbers[0]}-${numbers[1]}`}
                  className={cn("flex", sign === "+" && "bg-ok-soft", sign === "-" && "bg-bad-soft")}
                >
                  {numbers.map((number, side) => (
                    <span
                      // biome-ignore lint/suspicious/noArrayIndexKey: two fixed columns
                      key={side}
                      aria-hidden
                      className="figures w-10 shrink-0 select-none pr-2 text-right text-muted"
                    >
                      {number}
                    </span>
                  ))}
                  <span className={cn("w-4 shrink-0", sign === "+" && "text-ok", sign === "-" && "text-bad")}>
                    {sign === " " ? "" : sign}
                  </span>
                  <span className="whitespace-pre pr-4">{line.slice(1)}</span>
                </div>
              );
            })}
          </div>
        );
      })}
    </div>
  );
}
