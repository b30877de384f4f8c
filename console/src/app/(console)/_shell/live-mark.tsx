"use client";

import { cn } from "@/lib/cn";
import { type LiveState, useLiveState } from "@/lib/live/live-store";

const looks: Record<LiveState, { word: string; dot: string; help: string }> = {
  live: { word: "Live", dot: "bg-ok", help: "Changes appear by themselves." },
  connecting: { word: "Connecting", dot: "bg-idle breathe", help: "Opening the live connection." },
  reconnecting: {
    word: "Reconnecting",
    dot: "bg-wait breathe",
    help: "The live connection is down. Pages refresh every 15 seconds until it is back.",
  },
  off: { word: "Off", dot: "bg-idle", help: "" },
};

export function LiveMark() {
  const state = useLiveState();
  const look = looks[state];
  return (
    <span
      role="status"
      data-live={state}
      title={look.help}
      className={cn(
        "flex h-8 shrink-0 items-center gap-1.5 px-1.5 text-sm",
        state === "reconnecting" ? "text-wait" : "text-muted",
      )}
    >
      <span aria-hidden className={cn("size-1.5 rounded-full", look.dot)} />
      <span className={cn(state !== "reconnecting" && "max-sm:sr-only")}>{look.word}</span>
    </span>
  );
}
