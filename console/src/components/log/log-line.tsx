import { memo } from "react";
import { cn } from "@/lib/cn";
import type { AnsiColor, AnsiStyle } from "@/lib/log/ansi";
import type { LogLine } from "@/lib/log/lines";

const colors: Record<AnsiColor, string> = {
  black: "text-faint",
  red: "text-bad",
  green: "text-ok",
  yellow: "text-wait",
  blue: "text-run",
  magenta: "text-odd",
  cyan: "text-accent",
  white: "text-text",
};

function spanClass(style: AnsiStyle): string {
  return cn(
    style.color && colors[style.color],
    style.bold && "font-semibold",
    style.dim && "text-muted",
    style.underline && "underline",
  );
}

type LogLineViewProps = { line: LogLine; wrap: boolean; search: string; current: boolean };

function LogLineInner({ line, wrap, search, current }: LogLineViewProps) {
  const hit = search !== "" && line.text.toLowerCase().includes(search.toLowerCase());
  return (
    <div
      className={cn(
        "flex min-h-5 border-l-2",
        current ? "border-accent" : line.stream === "err" ? "border-bad" : "border-transparent",
        current ? "bg-accent-soft" : hit && "bg-wait-soft",
      )}
    >
      <span aria-hidden className="figures w-14 shrink-0 select-none pr-4 text-right text-faint">
        {line.number}
      </span>
      <span
        className={cn(
          "pr-4",
          wrap ? "min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]" : "whitespace-pre",
        )}
      >
        {line.stream === "err" && <span className="sr-only">error output: </span>}
        {line.spans.map((span, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the spans of a line never move
          <span key={index} className={spanClass(span.style)}>
            {span.text}
          </span>
        ))}
      </span>
    </div>
  );
}

export const LogLineView = memo(LogLineInner);
