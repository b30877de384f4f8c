import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import type { Run } from "@/lib/api/types";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";
import { failedOf, waitingOf } from "../progress";

const figure = (value: number, className = "text-muted") =>
  value > 0 ? <span className={className}>{count(value)}</span> : <span className="text-faint">—</span>;

export const RUN_COLUMNS: Column<Run>[] = [
  {
    id: "title",
    header: "Run",
    width: 220,
    grow: 2,
    phone: true,
    under: (run) => (
      <>
        {count(run.total)} devices · <Time at={run.created_at} />
      </>
    ),
    csv: (run) => run.title,
    cell: (run) => (
      <CellLink href={paths.runDetail(run.id)} title={run.title}>
        {run.title}
      </CellLink>
    ),
  },
  {
    id: "state",
    header: "State",
    width: 128,
    grow: 0,
    phone: true,
    csv: (run) => run.state,
    cell: (run) => (
      <span title={run.state_reason ?? undefined}>
        <StatusBadge status={run.state} />
      </span>
    ),
  },
  {
    id: "total",
    header: "Devices",
    width: 92,
    grow: 0,
    align: "right",
    csv: (run) => run.total,
    cell: (run) => count(run.total),
  },
  {
    id: "succeeded",
    header: "Succeeded",
    width: 104,
    grow: 0,
    align: "right",
    csv: (run) => run.progress.succeeded,
    cell: (run) => figure(run.progress.succeeded),
  },
  {
    id: "failed",
    header: "Failed",
    width: 88,
    grow: 0,
    align: "right",
    csv: (run) => failedOf(run.progress),
    cell: (run) => figure(failedOf(run.progress), "text-bad"),
  },
  {
    id: "waiting",
    header: "Waiting",
    width: 88,
    grow: 0,
    align: "right",
    csv: (run) => waitingOf(run.progress),
    cell: (run) => figure(waitingOf(run.progress)),
  },
  {
    id: "created_by",
    header: "By",
    width: 140,
    csv: (run) => run.created_by.name,
    cell: (run) => <span className="text-muted">{run.created_by.name}</span>,
  },
  {
    id: "created_at",
    header: "Started",
    width: 112,
    grow: 0,
    align: "right",
    sort: "created_at",
    csv: (run) => run.created_at,
    cell: (run) => <Time at={run.created_at} className="text-muted" />,
  },
];

export const RUN_FILTERS: FilterSpec[] = [
  {
    field: "state",
    label: "State",
    kind: "choice",
    choices: [
      { value: "running", label: "Running" },
      { value: "finished", label: "Finished" },
      { value: "stopped", label: "Stopped" },
      { value: "cancelled", label: "Cancelled" },
    ],
  },
  { field: "created_at", label: "Started", kind: "time" },
];
