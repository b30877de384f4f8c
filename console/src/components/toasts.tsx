"use client";

import { Check, TriangleAlert, X } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { ApiError } from "@/lib/api/errors";
import { Button } from "./button";

type Toast = { id: number; text: string; detail?: string; tone: "ok" | "bad"; undo?: () => void };
const VISIBLE_MS = 6_000;
const UNDO_MS = 10_000;

let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  publish(toasts.filter((toast) => toast.id !== id));
}

function show(toast: Omit<Toast, "id">, ms: number): void {
  const id = nextId++;
  publish([...toasts, { ...toast, id }].slice(-4));
  setTimeout(() => dismiss(id), ms);
}

export const toast = {
  done: (text: string, options: { undo?: () => void; detail?: string } = {}) =>
    show({ text, tone: "ok", ...options }, options.undo ? UNDO_MS : VISIBLE_MS),
  failed: (text: string, error?: unknown) =>
    show(
      {
        text,
        tone: "bad",
        detail: error instanceof ApiError ? `${error.message} (${error.code})` : undefined,
      },
      9_000,
    ),
};

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
    () => toasts,
  );
  const region = useRef<HTMLDivElement>(null);
  // External system: the browser's top layer. Shown anew, so that a toast stands above an open dialog.
  useEffect(() => {
    const element = region.current;
    if (shown.length === 0 || !element?.isConnected) return;
    element.hidePopover();
    element.showPopover();
  }, [shown]);
  return (
    <div
      ref={region}
      popover="manual"
      role="status"
      aria-live="polite"
      className="inset-auto overflow-visible bg-transparent text-text pointer-events-none fixed right-4 bottom-4 w-[calc(100vw-32px)] max-w-96 flex-col gap-2 open:flex"
    >
      {shown.map((entry) => (
        <div
          key={entry.id}
          className="rise pointer-events-auto flex items-start gap-2.5 rounded-panel border border-line-strong bg-raised py-2.5 pr-2 pl-3.5 shadow-pop"
        >
          {entry.tone === "ok" ? (
            <Check className="mt-0.5 size-4 shrink-0 text-ok" aria-hidden />
          ) : (
            <TriangleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
          )}
          <div className="min-w-0 flex-1 break-words text-sm">
            <p className="py-px">{entry.text}</p>
            {entry.detail && <p className="text-muted">{entry.detail}</p>}
          </div>
          {entry.undo && (
            <Button
              size="sm"
              variant="ghost"
              className="-my-1 text-accent!"
              onClick={() => {
                entry.undo?.();
                dismiss(entry.id);
              }}
            >
              Undo
            </Button>
          )}
          <Button
            variant="ghost"
            size="iconSm"
            className="-my-1"
            aria-label="Dismiss"
            onClick={() => dismiss(entry.id)}
          >
            <X className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        </div>
      ))}
    </div>
  );
}
