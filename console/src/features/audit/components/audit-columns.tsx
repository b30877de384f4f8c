import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { Time } from "@/components/time";
import type { AuditEvent } from "@/lib/api/types";
import { words } from "@/lib/format";
import { verbWords } from "../verb-words";

export function auditColumns(onOpen: (event: AuditEvent) => void): Column<AuditEvent>[] {
  return [
    {
      id: "what",
      header: "What",
      width: 210,
      grow: 1.6,
      phone: true,
      under: (event) => [event.target?.name, event.actor.name].filter(Boolean).join(" · "),
      csv: (event) => event.verb,
      cell: (event) => (
        <button
          type="button"
          className="max-w-full truncate rounded-control text-left hover:underline"
          onClick={() => onOpen(event)}
        >
          {capital(verbWords(event.verb))}
        </button>
      ),
    },
    {
      id: "target",
      header: "On",
      width: 200,
      grow: 2,
      csv: (event) => event.target?.name,
      cell: (event) => (
        <>
          {event.target?.name ?? "—"} <span className="text-faint">{words(event.target?.type ?? "")}</span>
        </>
      ),
    },
    {
      id: "actor",
      header: "By",
      width: 170,
      grow: 1.4,
      csv: (event) => event.actor.name,
      cell: (event) => (
        <span className="text-muted">
          {event.actor.name ?? "—"}
          {event.actor.type !== "user" && <span className="text-faint"> {words(event.actor.type)}</span>}
        </span>
      ),
    },
    {
      id: "ip",
      header: "From",
      width: 130,
      csv: (event) => event.ip,
      cell: (event) => <span className="font-mono text-muted text-xs">{event.ip ?? "—"}</span>,
    },
    {
      id: "at",
      header: "When",
      width: 120,
      grow: 0,
      align: "right",
      phone: true,
      csv: (event) => event.at,
      cell: (event) => <Time at={event.at} className="text-muted" />,
    },
    {
      id: "seq",
      header: "Number",
      width: 90,
      grow: 0,
      align: "right",
      optional: true,
      csv: (event) => event.seq,
      cell: (event) => <span className="text-muted">{event.seq}</span>,
    },
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const AUDIT_FILTERS: FilterSpec[] = [
  { field: "verb", label: "What", kind: "text" },
  {
    field: "target_type",
    label: "On a",
    kind: "choice",
    choices: [
      "device",
      "action_batch",
      "action",
      "script",
      "enrollment_token",
      "user",
      "role",
      "api_key",
      "secret",
      "settings",
    ].map((value) => ({ value, label: words(value) })),
  },
  { field: "at", label: "When", kind: "time" },
  { field: "target_id", label: "Object", kind: "id" },
  { field: "actor_id", label: "By", kind: "id" },
];
