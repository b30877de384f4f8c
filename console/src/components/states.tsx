"use client";

import { Lock, type LucideIcon, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/lib/api/errors";
import { cn } from "@/lib/cn";
import { Button } from "./button";

type NoticeProps = {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  tone?: "bad";
};

export function Notice({ icon: Icon = TriangleAlert, title, children, action, tone }: NoticeProps) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <span className="mb-3 grid size-9 place-items-center rounded-panel border border-line">
        <Icon
          className={cn("size-4", tone === "bad" ? "text-bad" : "text-faint")}
          strokeWidth={1.5}
          aria-hidden
        />
      </span>
      <p className="font-medium text-base">{title}</p>
      {children && <div className="mt-1 max-w-105 text-muted text-sm">{children}</div>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

type EmptyStateProps = { icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode };

/** Says what the list is for and offers the act that fills it. */
export function EmptyState(props: EmptyStateProps) {
  return <Notice {...props} />;
}

type ErrorStateProps = { error: unknown; onRetry?: () => void; what?: string };

export function ErrorState({ error, onRetry, what = "This" }: ErrorStateProps) {
  if (error instanceof ApiError && error.status === 403) return <NoPermission what={what} />;
  const code = error instanceof ApiError ? error.code : "unexpected";
  const lost = code === "unreachable";
  return (
    <div role="alert">
      <Notice
        tone="bad"
        title={lost ? "The server does not answer" : `${what} could not be loaded`}
        action={
          onRetry && (
            <Button onClick={onRetry}>
              <RotateCw className="size-4" strokeWidth={1.5} aria-hidden />
              Try again
            </Button>
          )
        }
      >
        {lost ? "Check the network, and that the server is running." : errorText(error)}
        <span className="mt-2 block font-mono text-faint text-xs">
          {code}
          {error instanceof ApiError && error.requestId ? ` · ${error.requestId}` : ""}
        </span>
      </Notice>
    </div>
  );
}

export function NoPermission({ what = "This" }: { what?: string }) {
  return (
    <Notice icon={Lock} title="Your role does not include this">
      {what} needs a permission you do not have here. An administrator can change your role under People.
    </Notice>
  );
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : "Something unexpected happened.";
}

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn("breathe block h-4 rounded-control bg-line", className)} />;
}

/** Keeps the height of what will come, so that nothing jumps. */
export function PanelSkeleton({ rows = 4, label = "Loading" }: { rows?: number; label?: string }) {
  const widths = ["w-2/3", "w-1/2", "w-3/4", "w-2/5"];
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <Skeleton key={row} className={widths[row % widths.length]} />
      ))}
    </div>
  );
}
