import { Check, OctagonX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "@/lib/api/types";
import { cn } from "@/lib/cn";

const LOOKS = {
  error: { icon: OctagonX, tone: "text-bad", word: "Stops it: " },
  warning: { icon: TriangleAlert, tone: "text-wait", word: "Warning: " },
  ok: { icon: Check, tone: "text-ok", word: "In order: " },
};

type FindingLineProps = { level: Finding["level"]; message: string; children?: ReactNode };

/** A sentence of the preflight with the mark of how bad it is. */
export function FindingLine({ level, message, children }: FindingLineProps) {
  const { icon: Icon, tone, word } = LOOKS[level];
  return (
    <li className="flex min-w-0 gap-2.5 text-sm">
      <Icon className={cn("mt-px size-4 shrink-0", tone)} strokeWidth={1.5} aria-hidden />
      <span className="min-w-0 break-words">
        <span className="sr-only">{word}</span>
        {message}
        {children}
      </span>
    </li>
  );
}
