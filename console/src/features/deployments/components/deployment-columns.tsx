import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed, Time } from "@/components/time";
import type { Deployment } from "@/lib/api/types";
import { modelOf, shownState, titleOf } from "../states";

export const DEPLOYMENT_COLUMNS: Column<Deployment>[] = [
  {
    id: "machine",
    header: "Machine",
    width: 180,
    grow: 2,
    phone: true,
    cell: (deployment) => <span className="truncate font-medium">{titleOf(deployment)}</span>,
    csv: titleOf,
  },
  {
    id: "state",
    header: "State",
    width: 170,
    grow: 0,
    phone: true,
    cell: (deployment) => <StatusBadge status={shownState(deployment)} />,
    csv: (deployment) => deployment.state,
  },
  {
    id: "profile",
    header: "Profile",
    width: 160,
    grow: 2,
    cell: (deployment) => (
      <span className="truncate">
        {deployment.profile.name}
        {deployment.profile.version !== null && (
          <span className="text-faint"> v{deployment.profile.version}</span>
        )}
      </span>
    ),
    csv: (deployment) => deployment.profile.name,
  },
  {
    id: "model",
    header: "Model",
    width: 160,
    grow: 2,
    cell: (deployment) => <span className="truncate text-muted">{modelOf(deployment)}</span>,
    csv: modelOf,
  },
  {
    id: "error",
    header: "What happened",
    width: 220,
    grow: 3,
    cell: (deployment) => (
      <span
        className="truncate text-muted"
        title={deployment.error?.message ?? deployment.reason ?? undefined}
      >
        {deployment.error?.message ?? deployment.reason ?? ""}
      </span>
    ),
    csv: (deployment) => deployment.error?.message ?? deployment.reason,
  },
  {
    id: "took",
    header: "Took",
    width: 100,
    grow: 0,
    align: "right",
    cell: (deployment) =>
      deployment.started_at ? (
        <Elapsed from={deployment.started_at} to={deployment.finished_at} />
      ) : (
        <span className="text-faint">—</span>
      ),
  },
  {
    id: "created_at",
    header: "Made",
    width: 110,
    grow: 0,
    align: "right",
    sort: "created_at",
    cell: (deployment) => <Time at={deployment.created_at} />,
    csv: (deployment) => deployment.created_at,
  },
];

export const DEPLOYMENT_FILTERS: FilterSpec[] = [
  {
    field: "state",
    label: "State",
    kind: "choice",
    choices: [
      { value: "succeeded", label: "Succeeded" },
      { value: "failed", label: "Failed" },
      { value: "aborted", label: "Aborted" },
      { value: "expired", label: "Expired" },
      { value: "denied", label: "Denied" },
      { value: "running", label: "Running" },
      { value: "armed", label: "Armed" },
    ],
  },
  { field: "created_at", label: "Made", kind: "time" },
];
