import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed, Time } from "@/components/time";
import type { Action } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { actionStatus } from "../open-states";

export const ACTION_COLUMNS: Column<Action>[] = [
  {
    id: "title",
    header: "Action",
    width: 190,
    grow: 1.6,
    phone: true,
    under: (action) => (
      <>
        {action.device.hostname} · <Time at={action.created_at} />
      </>
    ),
    csv: (action) => action.title,
    cell: (action) => (
      <CellLink href={paths.action(action.id)} title={action.title}>
        {action.title}
      </CellLink>
    ),
  },
  {
    id: "status",
    header: "State",
    width: 128,
    grow: 0,
    phone: true,
    csv: (action) => action.status,
    cell: (action) => (
      <span title={action.reason ?? action.error?.message}>
        <StatusBadge status={actionStatus(action)} />
      </span>
    ),
  },
  {
    id: "device",
    header: "Device",
    width: 170,
    grow: 1.4,
    csv: (action) => action.device.hostname,
    cell: (action) => (
      <CellLink href={paths.device(action.device.id)} className="text-muted hover:text-text">
        {action.device.hostname}
      </CellLink>
    ),
  },
  {
    id: "reason",
    header: "Why, or how it ended",
    width: 220,
    grow: 2.4,
    csv: (action) => action.error?.message ?? action.reason,
    cell: (action) => <span className="text-muted">{outcome(action)}</span>,
  },
  {
    id: "created_by",
    header: "By",
    width: 140,
    csv: (action) => action.created_by.name,
    cell: (action) => <span className="text-muted">{action.created_by.name}</span>,
  },
  {
    id: "duration",
    header: "Took",
    width: 96,
    grow: 0,
    align: "right",
    cell: (action) =>
      action.started_at ? (
        <span className="text-muted">
          <Elapsed from={action.started_at} to={action.finished_at} />
        </span>
      ) : (
        <span className="text-faint">—</span>
      ),
  },
  {
    id: "created_at",
    header: "Queued",
    width: 112,
    grow: 0,
    align: "right",
    sort: "created_at",
    csv: (action) => action.created_at,
    cell: (action) => <Time at={action.created_at} className="text-muted" />,
  },
  {
    id: "exit_code",
    header: "Exit code",
    width: 92,
    grow: 0,
    align: "right",
    optional: true,
    csv: (action) => action.exit_code,
    cell: (action) => <span className="text-muted">{action.exit_code ?? "—"}</span>,
  },
];

function outcome(action: Action): string {
  if (action.error) return action.error.message;
  if (action.reason) return action.reason;
  return action.exit_code === null ? "—" : `Exit code ${action.exit_code}`;
}

export const ACTION_FILTERS: FilterSpec[] = [
  {
    field: "status",
    label: "State",
    kind: "choice",
    choices: [
      { value: "pending", label: "Pending" },
      { value: "leased", label: "Delivered" },
      { value: "running", label: "Running" },
      { value: "succeeded", label: "Succeeded" },
      { value: "failed", label: "Failed" },
      { value: "timed_out", label: "Timed out" },
      { value: "interrupted", label: "Interrupted" },
      { value: "cancelled", label: "Cancelled" },
      { value: "expired", label: "Expired" },
    ],
  },
  { field: "created_at", label: "Queued", kind: "time" },
  { field: "device_id", label: "Device", kind: "id" },
  { field: "script_id", label: "Script", kind: "id" },
  { field: "batch_id", label: "Run", kind: "id" },
];
