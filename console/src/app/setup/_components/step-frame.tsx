import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { cn } from "@/lib/cn";

type StepFrameProps = {
  number: number;
  title: string;
  state: "later" | "open" | "done";
  summary?: string;
  onReopen?: () => void;
  children: ReactNode;
};

export function StepFrame({ number, title, state, summary, onReopen, children }: StepFrameProps) {
  return (
    <li
      aria-current={state === "open" ? "step" : undefined}
      className={cn(
        "rounded-panel border",
        state === "open" ? "border-line-strong bg-surface" : "border-line",
      )}
    >
      <div className="flex items-center gap-3 px-5 py-3.5">
        <span
          aria-hidden
          className={cn(
            "grid size-6 shrink-0 place-items-center rounded-full border text-xs",
            state === "later" && "border-line text-faint",
            state === "open" && "border-accent text-accent",
            state === "done" && "border-transparent bg-ok-soft text-ok",
          )}
        >
          {state === "done" ? <Check className="size-3.5" /> : number}
        </span>
        <h2 className={cn("font-medium", state === "later" && "text-muted")}>{title}</h2>
        {state === "done" && summary && (
          <p className="ml-auto min-w-0 truncate text-muted text-sm">{summary}</p>
        )}
        {onReopen && (
          <Button size="sm" variant="ghost" onClick={onReopen}>
            Change
          </Button>
        )}
      </div>
      {state === "open" && <div className="px-5 pb-5 sm:pl-14">{children}</div>}
    </li>
  );
}
