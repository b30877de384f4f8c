import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { StatusBadge } from "@/components/status-badge";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import type { Device } from "@/lib/api/types";
import { bytes } from "@/lib/format";
import { paths } from "@/lib/paths";
import { osName, osVersion } from "../os-name";

/** A device that may not work with us shows that first; the rest show whether they are there. */
export function deviceStatus(device: Device): string {
  return device.state === "active" ? device.status : device.state;
}

export const DEVICE_COLUMNS: Column<Device>[] = [
  {
    id: "hostname",
    header: "Name",
    width: 190,
    grow: 2,
    sort: "hostname",
    phone: true,
    under: (device) => (
      <>
        {device.os.name ?? "Unknown system"} · <Time at={device.last_check_in} />
      </>
    ),
    csv: (device) => device.hostname,
    cell: (device) => (
      <CellLink href={paths.device(device.id)} title={device.hostname}>
        {device.hostname}
      </CellLink>
    ),
  },
  {
    id: "status",
    header: "State",
    width: 124,
    grow: 0,
    phone: true,
    csv: deviceStatus,
    cell: (device) => (
      <span title={device.status_reason ?? undefined}>
        <StatusBadge status={deviceStatus(device)} />
      </span>
    ),
  },
  {
    id: "os",
    header: "Operating system",
    width: 170,
    grow: 1.4,
    sort: "os_name",
    csv: osName,
    cell: (device) => (
      <>
        <span className="text-text">{device.os.name ?? "—"}</span> {osVersion(device)}
      </>
    ),
  },
  {
    id: "model",
    header: "Model",
    width: 170,
    grow: 1.4,
    sort: "model",
    csv: (device) => device.hardware.model,
    cell: (device) => <span className="text-muted">{device.hardware.model ?? "—"}</span>,
  },
  {
    id: "user",
    header: "User",
    width: 150,
    csv: (device) => device.logged_on_user,
    cell: (device) => <span className="text-muted">{device.logged_on_user ?? "—"}</span>,
  },
  {
    id: "tags",
    header: "Tags",
    width: 150,
    csv: (device) => device.tags.join(" "),
    cell: (device) => <Tags tags={device.tags} max={2} />,
  },
  {
    id: "last_check_in",
    header: "Last check-in",
    width: 120,
    grow: 0,
    align: "right",
    sort: "last_check_in",
    csv: (device) => device.last_check_in,
    cell: (device) => <Time at={device.last_check_in} className="text-muted" />,
  },
  {
    id: "serial",
    header: "Serial",
    width: 130,
    optional: true,
    csv: (device) => device.hardware.serial,
    cell: (device) => <span className="font-mono text-muted text-xs">{device.hardware.serial ?? "—"}</span>,
  },
  {
    id: "memory",
    header: "Memory",
    width: 90,
    grow: 0,
    align: "right",
    optional: true,
    csv: (device) => device.hardware.memory_bytes,
    cell: (device) => <span className="text-muted">{bytes(device.hardware.memory_bytes)}</span>,
  },
  {
    id: "agent",
    header: "Agent",
    width: 90,
    grow: 0,
    optional: true,
    sort: "agent_version",
    csv: (device) => device.agent_version,
    cell: (device) => <span className="text-muted">{device.agent_version ?? "—"}</span>,
  },
];

export const DEVICE_FILTERS: FilterSpec[] = [
  {
    field: "status",
    label: "Presence",
    kind: "choice",
    choices: [
      { value: "online", label: "Online" },
      { value: "offline", label: "Offline" },
    ],
  },
  {
    field: "state",
    label: "State",
    kind: "choice",
    choices: [
      { value: "pending", label: "Pending" },
      { value: "active", label: "Active" },
      { value: "quarantined", label: "Quarantined" },
      { value: "revoked", label: "Revoked" },
    ],
  },
  {
    field: "os_family",
    label: "Family",
    kind: "choice",
    choices: [
      { value: "windows", label: "Windows" },
      { value: "linux", label: "Linux" },
      { value: "macos", label: "macOS" },
    ],
  },
  { field: "hostname", label: "Name", kind: "text" },
  { field: "os_name", label: "Operating system", kind: "text" },
  { field: "manufacturer", label: "Manufacturer", kind: "text" },
  { field: "model", label: "Model", kind: "text" },
  { field: "tag", label: "Tag", kind: "text" },
  { field: "group", label: "Group", kind: "id" },
  { field: "agent_version", label: "Agent version", kind: "text" },
  { field: "last_check_in", label: "Last check-in", kind: "time" },
];
