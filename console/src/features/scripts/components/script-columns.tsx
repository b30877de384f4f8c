import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import type { Script } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { LANGUAGES, languageName } from "../languages";

export const SCRIPT_COLUMNS: Column<Script>[] = [
  {
    id: "name",
    header: "Name",
    width: 210,
    grow: 2,
    sort: "name",
    phone: true,
    under: (script) => (
      <>
        Version {script.current.number} · <Time at={script.updated_at} />
      </>
    ),
    csv: (script) => script.name,
    cell: (script) => (
      <CellLink href={paths.script(script.id)} title={script.name}>
        {script.name}
      </CellLink>
    ),
  },
  {
    id: "language",
    header: "Language",
    width: 120,
    grow: 0,
    sort: "language",
    phone: true,
    csv: (script) => script.language,
    cell: (script) => <span className="text-muted">{languageName(script.language)}</span>,
  },
  {
    id: "description",
    header: "Description",
    width: 220,
    grow: 2.4,
    csv: (script) => script.description,
    cell: (script) => <span className="text-muted">{script.description || "—"}</span>,
  },
  {
    id: "tags",
    header: "Tags",
    width: 150,
    csv: (script) => script.tags.join(" "),
    cell: (script) => <Tags tags={script.tags} max={2} />,
  },
  {
    id: "version",
    header: "Version",
    width: 84,
    grow: 0,
    align: "right",
    csv: (script) => script.current.number,
    cell: (script) => <span className="text-muted">{script.current.number}</span>,
  },
  {
    id: "updated_at",
    header: "Changed",
    width: 112,
    grow: 0,
    align: "right",
    sort: "updated_at",
    csv: (script) => script.updated_at,
    cell: (script) => <Time at={script.updated_at} className="text-muted" />,
  },
];

export const SCRIPT_FILTERS: FilterSpec[] = [
  { field: "language", label: "Language", kind: "choice", choices: LANGUAGES },
  { field: "tag", label: "Tag", kind: "text" },
];
