import type { Column } from "@/components/list/columns";
import { StatusBadge } from "@/components/status-badge";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import type { EnrollmentToken } from "@/lib/api/types";
import { count } from "@/lib/format";

export function tokenColumns(onOpen: (token: EnrollmentToken) => void): Column<EnrollmentToken>[] {
  return [
    {
      id: "name",
      header: "Name",
      width: 190,
      grow: 2,
      sort: "name",
      phone: true,
      under: (token) => (
        <>
          {uses(token)} used · {token.state === "usable" ? "expires" : "made"}{" "}
          <Time at={token.state === "usable" ? token.expires_at : token.created_at} />
        </>
      ),
      cell: (token) => (
        <button
          type="button"
          className="max-w-full truncate rounded-control hover:underline"
          title={token.name}
          onClick={() => onOpen(token)}
        >
          {token.name}
        </button>
      ),
    },
    {
      id: "state",
      header: "State",
      width: 110,
      grow: 0,
      phone: true,
      cell: (token) => <StatusBadge status={token.state} />,
    },
    {
      id: "prefix",
      header: "Begins with",
      width: 120,
      grow: 0.6,
      cell: (token) => <span className="font-mono text-muted text-xs">{token.prefix}…</span>,
    },
    {
      id: "uses",
      header: "Used",
      width: 100,
      grow: 0,
      align: "right",
      cell: (token) => <span className="text-muted">{uses(token)}</span>,
    },
    {
      id: "approval",
      header: "Approval",
      width: 110,
      grow: 0.6,
      cell: (token) => <span className="text-muted">{token.auto_approve ? "By itself" : "By hand"}</span>,
    },
    { id: "tags", header: "Tags", width: 140, cell: (token) => <Tags tags={token.tags} max={2} /> },
    {
      id: "expires_at",
      header: "Expires",
      width: 110,
      grow: 0,
      align: "right",
      sort: "expires_at",
      cell: (token) => <Time at={token.expires_at} className="text-muted" />,
    },
    {
      id: "created_by",
      header: "Made by",
      width: 140,
      cell: (token) => <span className="text-muted">{token.created_by?.name ?? "—"}</span>,
    },
  ];
}

function uses(token: EnrollmentToken): string {
  return token.max_uses === null ? count(token.uses) : `${count(token.uses)} of ${count(token.max_uses)}`;
}
