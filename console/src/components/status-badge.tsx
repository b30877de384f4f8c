import { cva } from "class-variance-authority";
import {
  Ban,
  Check,
  CircleDashed,
  CircleHelp,
  Clock,
  LoaderCircle,
  type LucideIcon,
  TimerOff,
  X,
} from "lucide-react";
import { cn } from "@/lib/cn";

type Tone = "ok" | "run" | "wait" | "bad" | "odd" | "idle";
type Look = { tone: Tone; word: string; icon: LucideIcon | "dot" };

/** Every state word of the product, in one place: what colour it carries and what mark stands beside it. */
const LOOKS: Record<string, Look> = {
  online: { tone: "ok", word: "Online", icon: "dot" },
  offline: { tone: "idle", word: "Offline", icon: "dot" },
  active: { tone: "ok", word: "Active", icon: "dot" },
  usable: { tone: "ok", word: "Usable", icon: "dot" },
  ready: { tone: "ok", word: "Ready", icon: Check },
  importing: { tone: "run", word: "Importing", icon: LoaderCircle },
  making: { tone: "run", word: "Being made", icon: LoaderCircle },
  queued: { tone: "wait", word: "Queued", icon: Clock },
  fetching: { tone: "run", word: "Fetching", icon: LoaderCircle },
  verifying: { tone: "run", word: "Checking", icon: LoaderCircle },
  unpacking: { tone: "run", word: "Unpacking", icon: LoaderCircle },
  inspecting: { tone: "run", word: "Inspecting", icon: LoaderCircle },
  preparing: { tone: "run", word: "Preparing", icon: LoaderCircle },
  succeeded: { tone: "ok", word: "Succeeded", icon: Check },
  running: { tone: "run", word: "Running", icon: LoaderCircle },
  leased: { tone: "run", word: "Delivered", icon: LoaderCircle },
  held: { tone: "wait", word: "Its turn to come", icon: Clock },
  finished: { tone: "ok", word: "Finished", icon: Check },
  stopped: { tone: "bad", word: "Stopped", icon: Ban },
  pending: { tone: "wait", word: "Pending", icon: Clock },
  invited: { tone: "wait", word: "Invited", icon: Clock },
  armed: { tone: "wait", word: "Armed", icon: Clock },
  waiting: { tone: "wait", word: "Waiting", icon: Clock },
  waiting_for_approval: { tone: "wait", word: "Waiting for approval", icon: Clock },
  awaiting_first_boot: { tone: "run", word: "First boot", icon: LoaderCircle },
  finishing: { tone: "run", word: "Finishing", icon: LoaderCircle },
  approved: { tone: "ok", word: "Approved", icon: Check },
  skipped: { tone: "idle", word: "Skipped", icon: CircleDashed },
  silent: { tone: "odd", word: "Silent", icon: CircleHelp },
  failed: { tone: "bad", word: "Failed", icon: X },
  denied: { tone: "bad", word: "Denied", icon: Ban },
  timed_out: { tone: "bad", word: "Timed out", icon: TimerOff },
  expired: { tone: "bad", word: "Expired", icon: TimerOff },
  interrupted: { tone: "odd", word: "Interrupted", icon: CircleHelp },
  quarantined: { tone: "odd", word: "Quarantined", icon: CircleHelp },
  cancelled: { tone: "idle", word: "Cancelled", icon: Ban },
  aborted: { tone: "idle", word: "Aborted", icon: Ban },
  ended: { tone: "idle", word: "Ended", icon: CircleDashed },
  cancelling: { tone: "wait", word: "Cancelling", icon: Clock },
  revoked: { tone: "idle", word: "Revoked", icon: Ban },
  used_up: { tone: "idle", word: "Used up", icon: CircleDashed },
  disabled: { tone: "idle", word: "Disabled", icon: Ban },
};

const tone = cva("inline-flex items-center gap-1.5 whitespace-nowrap align-top font-medium text-sm", {
  variants: {
    tone: {
      ok: "text-ok",
      run: "text-run",
      wait: "text-wait",
      bad: "text-bad",
      odd: "text-odd",
      idle: "text-muted",
    },
  },
});

type StatusBadgeProps = { status: string; className?: string };

export function StatusBadge({ status, className }: StatusBadgeProps) {
  const look = statusLook(status);
  return (
    <span className={cn(tone({ tone: look.tone }), className)} data-status={status}>
      <StatusMark look={look} />
      {look.word}
    </span>
  );
}

export function statusLook(status: string): Look {
  return LOOKS[status] ?? { tone: "odd", word: status, icon: CircleHelp };
}

function StatusMark({ look }: { look: Look }) {
  if (look.icon === "dot") {
    return (
      <span
        aria-hidden
        className={cn("size-2 rounded-full bg-current", look.tone === "idle" && "opacity-70")}
      />
    );
  }
  const Icon = look.icon;
  return (
    <Icon aria-hidden className={cn("size-3.5", look.icon === LoaderCircle && "spinning")} strokeWidth={2} />
  );
}
