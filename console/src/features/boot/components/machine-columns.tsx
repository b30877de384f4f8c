import Link from "next/link";
import type { Column } from "@/components/list/columns";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import type { DiscoveredMachine } from "@/lib/api/types";
import { words } from "@/lib/format";
import { paths } from "@/lib/paths";

export const MACHINE_COLUMNS: Column<DiscoveredMachine>[] = [
  {
    id: "machine",
    header: "Machine",
    width: 200,
    grow: 2,
    phone: true,
    cell: (machine) =>
      machine.device ? (
        <Link href={paths.device(machine.device.id)} className="truncate rounded-control hover:underline">
          {machine.device.hostname}
        </Link>
      ) : (
        <span className="truncate">
          {[machine.manufacturer, machine.model].filter(Boolean).join(" ") || "Unknown make"}
        </span>
      ),
    csv: (machine) => machine.device?.hostname ?? machine.model,
  },
  {
    id: "mac",
    header: "MAC address",
    width: 150,
    grow: 0,
    phone: true,
    cell: (machine) => <span className="font-mono text-xs">{machine.mac}</span>,
    csv: (machine) => machine.mac,
  },
  {
    id: "serial",
    header: "Serial",
    width: 130,
    cell: (machine) => <span className="truncate text-muted">{machine.serial ?? "—"}</span>,
    csv: (machine) => machine.serial,
  },
  {
    id: "site",
    header: "Site",
    width: 120,
    cell: (machine) => <span className="truncate">{machine.site.name}</span>,
    csv: (machine) => machine.site.name,
  },
  {
    id: "last_answer",
    header: "Was told",
    width: 130,
    cell: (machine) => <span className="text-muted">{words(machine.last_answer)}</span>,
    csv: (machine) => machine.last_answer,
  },
  {
    id: "deployment",
    header: "Deployment",
    width: 160,
    grow: 0,
    cell: (machine) =>
      machine.deployment_id && machine.deployment_state ? (
        <Link href={paths.deployment(machine.deployment_id)} className="rounded-control hover:underline">
          <StatusBadge status={machine.deployment_state} />
        </Link>
      ) : (
        <span className="text-faint">none</span>
      ),
    csv: (machine) => machine.deployment_state,
  },
  {
    id: "last_seen_at",
    header: "Seen",
    width: 110,
    grow: 0,
    align: "right",
    sort: "last_seen_at",
    cell: (machine) => <Time at={machine.last_seen_at} />,
    csv: (machine) => machine.last_seen_at,
  },
];
