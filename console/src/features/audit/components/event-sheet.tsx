"use client";

import { ButtonLink } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { Facts } from "@/components/panel";
import { Time } from "@/components/time";
import type { AuditEvent } from "@/lib/api/types";
import { absoluteTime, words } from "@/lib/format";
import { verbWords } from "../verb-words";
import { TargetLink } from "./event-line";

export function EventSheet({ event, onClose }: { event: AuditEvent; onClose: () => void }) {
  const changes = Object.entries(event.changes ?? {});
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={`${event.actor.name ?? words(event.actor.type)} ${verbWords(event.verb)}`}
      description={absoluteTime(event.at)}
    >
      <Facts
        facts={[
          { label: "On", value: event.target ? <TargetLink target={event.target} /> : "—" },
          { label: "By", value: `${event.actor.name ?? "—"} (${words(event.actor.type)})` },
          { label: "From", value: event.ip && <span className="font-mono text-xs">{event.ip}</span> },
          { label: "When", value: <Time at={event.at} /> },
          { label: "Verb", value: <span className="font-mono text-xs">{event.verb}</span> },
          { label: "Number", value: event.seq },
          {
            label: "Request",
            value: event.request_id && (
              <span className="flex items-center gap-1">
                <span className="truncate font-mono text-xs">{event.request_id}</span>
                <CopyButton value={event.request_id} label="Copy the request ID" className="-my-1.5" />
              </span>
            ),
          },
        ]}
      />
      {changes.length > 0 && (
        <section className="mt-6">
          <h3 className="mb-2 font-medium text-sm">What changed</h3>
          <ul className="overflow-hidden rounded-panel border border-line">
            {changes.map(([field, change]) => (
              <li key={field} className="border-line border-b last:border-b-0">
                <p className="px-3 pt-2 pb-1 text-muted text-xs">{words(field)}</p>
                <Change change={change} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {event.target?.id && (
        <ButtonLink className="mt-6" href={`/audit/?f=target_id.eq.${event.target.id}`} onClick={onClose}>
          Everything about this {words(event.target.type ?? "object")}
        </ButtonLink>
      )}
    </Dialog>
  );
}

/** A change is [before, after]; a creation or a deletion has only one of them. */
function Change({ change }: { change: unknown }) {
  const [before, after] = Array.isArray(change) ? change : [null, change];
  return (
    <div className="font-mono text-xs">
      {before !== null && before !== undefined && (
        <p className="break-all bg-bad-soft px-3 py-1">
          <span className="mr-2 text-bad">−</span>
          {show(before)}
        </p>
      )}
      {after !== null && after !== undefined && (
        <p className="break-all bg-ok-soft px-3 py-1">
          <span className="mr-2 text-ok">+</span>
          {show(after)}
        </p>
      )}
    </div>
  );
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
