import { cn } from "@/lib/cn";

type ProgressBarProps = {
  label: string;
  /** 0 to 100; null while nobody knows how much is left. */
  percent: number | null;
  tone?: "run" | "ok" | "bad" | "wait" | "idle";
  className?: string;
};

const fills = { run: "bg-run", ok: "bg-ok", bad: "bg-bad", wait: "bg-wait", idle: "bg-idle" };

/** A thin bar; the words beside it say the same, so colour and length carry nothing alone. */
export function ProgressBar({ label, percent, tone = "run", className }: ProgressBarProps) {
  const known = percent !== null;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(percent) : undefined}
      className={cn("h-1 overflow-hidden rounded-full bg-line", className)}
    >
      <div
        className={cn(
          "h-full rounded-full transition-[width] duration-160",
          fills[tone],
          !known && "breathe",
        )}
        style={{ width: `${known ? Math.max(1, Math.min(100, percent)) : 100}%` }}
      />
    </div>
  );
}
