import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { Time } from "@/components/time";
import type { DeviceGroup } from "@/lib/api/types";
import { count, plural } from "@/lib/format";
import { paths } from "@/lib/paths";

export const GROUP_COLUMNS: Column<DeviceGroup>[] = [
  {
    id: "name",
    header: "Group",
    width: 220,
    grow: 1.4,
    phone: true,
    sort: "name",
    under: (group) => plural(group.device_count, "device"),
    csv: (group) => group.name,
    cell: (group) => (
      <CellLink href={paths.group(group.id)} title={group.name}>
        {group.name}
      </CellLink>
    ),
  },
  {
    id: "kind",
    header: "Members",
    width: 120,
    grow: 0,
    phone: true,
    csv: (group) => (group.is_dynamic ? "by rules" : "chosen"),
    cell: (group) => <span className="text-muted">{group.is_dynamic ? "By rules" : "Chosen"}</span>,
  },
  {
    id: "device_count",
    header: "Devices",
    width: 92,
    grow: 0,
    align: "right",
    csv: (group) => group.device_count,
    cell: (group) => count(group.device_count),
  },
  {
    id: "description",
    header: "What it is for",
    width: 240,
    grow: 2,
    csv: (group) => group.description,
    cell: (group) => <span className="text-muted">{group.description || "—"}</span>,
  },
  {
    id: "updated_at",
    header: "Changed",
    width: 112,
    grow: 0,
    align: "right",
    sort: "updated_at",
    csv: (group) => group.updated_at,
    cell: (group) => <Time at={group.updated_at} className="text-muted" />,
  },
];

export const GROUP_FILTERS: FilterSpec[] = [
  {
    field: "is_dynamic",
    label: "Members",
    kind: "choice",
    choices: [
      { value: "true", label: "By rules" },
      { value: "false", label: "Chosen" },
    ],
  },
];
