import { CellLink } from "@/components/list/cell-link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { ProgressBar } from "@/components/progress-bar";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import type { OsImage } from "@/lib/api/types";
import { bytes, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { sourceWord } from "../words";

export const IMAGE_COLUMNS: Column<OsImage>[] = [
  {
    id: "name",
    header: "Name",
    width: 220,
    grow: 2,
    sort: "name",
    phone: true,
    under: (image) => [image.image_version, editionsWord(image)].filter(Boolean).join(" · "),
    csv: (image) => image.name,
    cell: (image) => (
      <CellLink href={paths.image(image.id)} title={image.name}>
        {image.name}
      </CellLink>
    ),
  },
  {
    id: "image_version",
    header: "Version",
    width: 110,
    sort: "image_version",
    csv: (image) => image.image_version,
    cell: (image) => <span className="text-muted">{image.image_version || "—"}</span>,
  },
  {
    id: "state",
    header: "State",
    width: 150,
    grow: 0,
    sort: "state",
    phone: true,
    csv: (image) => image.state,
    cell: (image) => <ImageState image={image} />,
  },
  {
    id: "editions",
    header: "Editions",
    width: 180,
    grow: 1.4,
    csv: (image) => image.editions.map((edition) => edition.name).join("; "),
    cell: (image) => (
      <span className="truncate text-muted" title={image.editions.map((edition) => edition.name).join(", ")}>
        {image.editions.length > 1
          ? `${image.editions.length}: ${image.editions.map((edition) => edition.name).join(", ")}`
          : (image.editions[0]?.name ?? "—")}
      </span>
    ),
  },
  {
    id: "architecture",
    header: "Architecture",
    width: 104,
    grow: 0,
    csv: (image) => image.architecture,
    cell: (image) => <span className="text-muted">{image.architecture ?? "—"}</span>,
  },
  {
    id: "size",
    header: "Size",
    width: 90,
    grow: 0,
    align: "right",
    csv: (image) => image.content_bytes,
    cell: (image) => <span className="text-muted">{bytes(image.content_bytes)}</span>,
  },
  {
    id: "source",
    header: "Source",
    width: 150,
    csv: (image) => image.importing.file_name,
    cell: (image) => (
      <span className="truncate text-muted" title={image.importing.file_name}>
        {sourceWord(image.importing)}
      </span>
    ),
  },
  {
    id: "checksum",
    header: "SHA-256",
    width: 140,
    grow: 0,
    optional: true,
    csv: (image) => image.checksum,
    cell: (image) => (
      <span className="font-mono text-muted text-xs" title={image.checksum ?? undefined}>
        {image.checksum ? `${image.checksum.slice(0, 12)}…` : "—"}
      </span>
    ),
  },
  {
    id: "updated_at",
    header: "Changed",
    width: 104,
    grow: 0,
    align: "right",
    sort: "updated_at",
    csv: (image) => image.updated_at,
    cell: (image) => <Time at={image.updated_at} className="text-muted" />,
  },
];

export const IMAGE_FILTERS: FilterSpec[] = [
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
  {
    field: "architecture",
    label: "Architecture",
    kind: "choice",
    choices: [
      { value: "x64", label: "x64" },
      { value: "arm64", label: "arm64" },
      { value: "x86", label: "x86" },
    ],
  },
];

/** In a row of the list: the state, and how far an import is. */
function ImageState({ image }: { image: OsImage }) {
  if (image.state !== "importing") return <StatusBadge status={image.state} />;
  const { bytes_done, bytes_total, state } = image.importing;
  const percent = bytes_total ? (bytes_done / bytes_total) * 100 : null;
  return (
    <span className="flex w-full min-w-0 flex-col gap-1">
      <StatusBadge status={state} />
      <ProgressBar label={`Import of ${image.name}`} percent={percent} />
    </span>
  );
}

function editionsWord(image: OsImage): string {
  return image.editions.length > 0 ? plural(image.editions.length, "edition") : "";
}
