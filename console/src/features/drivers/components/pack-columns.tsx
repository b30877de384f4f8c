import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import type { DriverPack } from "@/lib/api/types";
import { bytes, count, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { ruleWords } from "../rules";

export const PACK_COLUMNS: Column<DriverPack>[] = [
  {
    id: "name",
    header: "Name",
    width: 220,
    grow: 1.6,
    sort: "name",
    phone: true,
    under: (pack) =>
      [pack.pack_version, pack.state === "ready" && plural(pack.inf_count, "INF file")]
        .filter(Boolean)
        .join(" · "),
    csv: (pack) => pack.name,
    cell: (pack) => (
      <CellLink href={paths.driverPack(pack.id)} title={pack.name}>
        {pack.name}
      </CellLink>
    ),
  },
  {
    id: "pack_version",
    header: "Version",
    width: 100,
    sort: "pack_version",
    csv: (pack) => pack.pack_version,
    cell: (pack) => <span className="text-muted">{pack.pack_version || "—"}</span>,
  },
  {
    id: "state",
    header: "State",
    width: 110,
    grow: 0,
    sort: "state",
    phone: true,
    csv: (pack) => pack.state,
    cell: (pack) => <StatusBadge status={pack.state} />,
  },
  {
    id: "rules",
    header: "Machines",
    width: 220,
    grow: 2,
    csv: (pack) => pack.rules.map(ruleWords).join("; "),
    cell: (pack) => <Machines pack={pack} />,
  },
  {
    id: "infs",
    header: "INF files",
    width: 150,
    grow: 0,
    align: "right",
    csv: (pack) => pack.inf_count,
    cell: (pack) => (
      <span className="text-muted">
        {count(pack.inf_count)}
        {pack.broken_inf_count > 0 && (
          <span className="text-wait"> · {count(pack.broken_inf_count)} broken</span>
        )}
      </span>
    ),
  },
  {
    id: "size",
    header: "Size",
    width: 84,
    grow: 0,
    align: "right",
    csv: (pack) => pack.content_bytes,
    cell: (pack) => <span className="text-muted">{bytes(pack.content_bytes)}</span>,
  },
  {
    id: "file_name",
    header: "File",
    width: 150,
    optional: true,
    csv: (pack) => pack.file_name,
    cell: (pack) => <span className="truncate text-muted">{pack.file_name}</span>,
  },
  {
    id: "updated_at",
    header: "Changed",
    width: 104,
    grow: 0,
    align: "right",
    sort: "updated_at",
    csv: (pack) => pack.updated_at,
    cell: (pack) => <Time at={pack.updated_at} className="text-muted" />,
  },
];

export const PACK_FILTERS: FilterSpec[] = [
  {
    field: "state",
    label: "State",
    kind: "choice",
    choices: [
      { value: "ready", label: "Ready" },
      { value: "importing", label: "Importing" },
      { value: "failed", label: "Failed" },
    ],
  },
];

function Machines({ pack }: { pack: DriverPack }) {
  if (pack.rules.length === 0) return <span className="text-faint">none by itself</span>;
  const words = pack.rules.map(ruleWords);
  return (
    <span className="truncate text-muted" title={words.join("\n")}>
      {words.join(" · ")}
    </span>
  );
}
