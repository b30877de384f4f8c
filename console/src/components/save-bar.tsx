"use client";

import { useLeaveGuard } from "@/lib/leave-guard";
import { Button } from "./button";
import { errorText } from "./states";

type SaveBarProps = {
  dirty: boolean;
  busy: boolean;
  error?: unknown;
  onSave: () => void;
  onDiscard: () => void;
  label?: string;
};

/** Appears when a form is dirty; leaving the page then asks. */
export function SaveBar({ dirty, busy, error, onSave, onDiscard, label = "Save changes" }: SaveBarProps) {
  useLeaveGuard(dirty);
  if (!dirty) return null;
  return (
    <div className="rise sticky bottom-4 z-20 mt-4 flex flex-wrap items-center gap-3 rounded-panel border border-line-strong bg-raised py-2 pr-2 pl-4 shadow-pop">
      <p
        role="status"
        className={error ? "min-w-0 flex-1 text-bad text-sm" : "min-w-0 flex-1 text-muted text-sm"}
      >
        {error ? errorText(error) : "Changes are not saved yet."}
      </p>
      <Button variant="ghost" onClick={onDiscard} disabled={busy}>
        Discard
      </Button>
      <Button variant="primary" onClick={onSave} busy={busy}>
        {label}
      </Button>
    </div>
  );
}
