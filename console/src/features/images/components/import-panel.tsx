"use client";

import { Check, CircleDashed, LoaderCircle, type LucideIcon, Minus, X } from "lucide-react";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { ProgressBar } from "@/components/progress-bar";
import { errorText } from "@/components/states";
import { Elapsed, Time } from "@/components/time";
import type { ImageImport, OsImage } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { bytes, plural } from "@/lib/format";
import { useCan } from "@/lib/session";
import { timeLeft } from "@/lib/uploads/rate";
import { useCancelImport, useRetryImport } from "../api";
import { type ImportStep, importSteps, type StepMark } from "../import-steps";

/** A working import writes down its progress every second. */
const SILENT_MS = 30_000;

export function ImportPanel({ image }: { image: OsImage }) {
  const can = useCan();
  const cancel = useCancelImport();
  const retry = useRetryImport();
  const row = image.importing;
  const over = row.finished_at !== null;
  const stopped = row.state === "failed" || row.state === "cancelled";
  const error = cancel.error ?? retry.error;
  return (
    <Panel
      title="Import"
      description={
        <>
          {row.attempt > 1 && `Attempt ${row.attempt}, begun`} {row.attempt > 1 ? "" : "Begun"}{" "}
          <Time at={row.created_at} /> by {row.created_by}
          {over && (
            <>
              {" "}
              · took <Elapsed from={row.created_at} to={row.finished_at} />
            </>
          )}
        </>
      }
      actions={
        can("images:write") && (
          <>
            {!over && (
              <Button busy={cancel.isPending || row.cancelling} onClick={() => cancel.mutate(image)}>
                {row.cancelling ? "Calling off" : "Call off"}
              </Button>
            )}
            {stopped && (
              <Button variant="primary" busy={retry.isPending} onClick={() => retry.mutate(image)}>
                Try again
              </Button>
            )}
          </>
        )
      }
    >
      <ol aria-label="Steps of the import" className="flex flex-col">
        {importSteps(row).map((step, index, all) => (
          <Step key={step.id} step={step} last={index === all.length - 1}>
            {step.mark === "now" && <Running row={row} />}
            {step.mark === "failed" && (
              <p role="alert" className="mt-1 break-words text-bad">
                {row.error_message} <span className="font-mono text-faint text-xs">{row.error_code}</span>
              </p>
            )}
            {step.mark === "stopped" && <p className="text-muted">Called off here.</p>}
          </Step>
        ))}
      </ol>
      {row.state === "queued" && <Queued since={row.updated_at} />}
      {stopped && row.stopped_in === null && (
        <p className="mt-3 break-words text-muted text-sm">
          {row.error_message ?? "It was called off before it began."}
        </p>
      )}
      {row.resumed > 0 && (
        <p className="mt-3 text-muted text-sm">
          The server ended meanwhile; the import went on with the step it was in (
          {plural(row.resumed, "time")}).
        </p>
      )}
      {error && (
        <p role="alert" className="mt-3 text-bad text-sm">
          {errorText(error)}
        </p>
      )}
    </Panel>
  );
}

const MARKS: Record<StepMark, { icon: LucideIcon; look: string; word: string }> = {
  done: { icon: Check, look: "text-ok", word: "done" },
  now: { icon: LoaderCircle, look: "text-run spinning", word: "running" },
  failed: { icon: X, look: "text-bad", word: "failed" },
  stopped: { icon: Minus, look: "text-idle", word: "called off" },
  todo: { icon: CircleDashed, look: "text-faint", word: "not yet" },
};

function Step({ step, last, children }: { step: ImportStep; last: boolean; children: React.ReactNode }) {
  const mark = MARKS[step.mark];
  return (
    <li className="relative flex gap-3 pb-4 text-sm last:pb-0">
      {!last && <span aria-hidden className="absolute top-5.5 bottom-1 left-[7px] w-px bg-line-strong" />}
      <mark.icon className={cn("mt-0.5 size-4 shrink-0", mark.look)} strokeWidth={2} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className={cn("font-medium", step.mark === "todo" && "text-muted")}>
          {step.title}
          <span className="sr-only">, {mark.word}</span>
        </p>
        {step.mark !== "failed" && <p className="text-muted">{step.help}</p>}
        {children}
      </div>
    </li>
  );
}

function Running({ row }: { row: ImageImport }) {
  const now = useNow();
  const silent = now - Date.parse(row.updated_at) > SILENT_MS;
  const known = row.bytes_total !== null && row.bytes_total > 0;
  const words = [
    known && `${bytes(row.bytes_done)} of ${bytes(row.bytes_total)}`,
    !known && row.bytes_done > 0 && bytes(row.bytes_done),
    row.bytes_per_s ? `${bytes(row.bytes_per_s)}/s` : null,
    timeLeft(row.seconds_left),
  ].filter(Boolean);
  return (
    <div className="mt-2 max-w-140">
      <ProgressBar
        label="This step"
        percent={known ? (row.bytes_done / (row.bytes_total ?? 1)) * 100 : null}
        tone={silent ? "wait" : "run"}
      />
      <p className="figures mt-1.5 min-h-4.5 text-muted">
        {silent ? (
          <>
            Interrupted: no news since <Time at={row.updated_at} />. The server goes on with this step by
            itself once it runs.
          </>
        ) : (
          words.join(" · ")
        )}
      </p>
    </div>
  );
}

function Queued({ since }: { since: string }) {
  const now = useNow();
  const long = now - Date.parse(since) > SILENT_MS;
  return (
    <p className="mt-3 text-muted text-sm">
      {long
        ? "It waits for a server that does background work: look whether one runs."
        : "It begins in a moment."}
    </p>
  );
}
