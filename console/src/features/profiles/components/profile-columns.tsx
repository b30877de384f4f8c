import Link from "next/link";
import type { Column } from "@/components/list/columns";
import type { FilterSpec } from "@/components/list/filter-spec";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import type { Profile } from "@/lib/api/types";
import { paths } from "@/lib/paths";

export const PROFILE_COLUMNS: Column<Profile>[] = [
  {
    id: "name",
    header: "Name",
    width: 200,
    grow: 2,
    sort: "name",
    phone: true,
    csv: (profile) => profile.name,
    cell: (profile) => (
      <Link href={paths.profile(profile.id)} className="rounded-control hover:underline" title={profile.name}>
        {profile.name}
      </Link>
    ),
  },
  {
    id: "image",
    header: "Image",
    width: 190,
    grow: 1.8,
    csv: (profile) => imageOf(profile),
    cell: (profile) =>
      profile.os_image ? (
        <span className={profile.os_image.name ? "text-muted" : "text-bad"} title={imageOf(profile)}>
          {imageOf(profile)}
        </span>
      ) : (
        <span className="text-faint">—</span>
      ),
  },
  {
    id: "names",
    header: "Computer names",
    width: 150,
    csv: (profile) => profile.computer_naming_pattern,
    cell: (profile) => (
      <span className="font-mono text-muted text-xs">{profile.computer_naming_pattern}</span>
    ),
  },
  {
    id: "tasks",
    header: "Steps",
    width: 64,
    grow: 0,
    align: "right",
    phone: true,
    csv: (profile) => profile.task_count,
    cell: (profile) => <span className="figures text-muted">{profile.task_count}</span>,
  },
  {
    id: "tags",
    header: "Tags",
    width: 140,
    csv: (profile) => profile.tags.join(" "),
    cell: (profile) => <Tags tags={profile.tags} max={2} />,
  },
  {
    id: "description",
    header: "Description",
    width: 220,
    grow: 2.4,
    optional: true,
    csv: (profile) => profile.description,
    cell: (profile) => <span className="text-muted">{profile.description || "—"}</span>,
  },
  {
    id: "version",
    header: "Version",
    width: 76,
    grow: 0,
    align: "right",
    csv: (profile) => profile.current.number,
    cell: (profile) => <span className="figures text-muted">{profile.current.number}</span>,
  },
  {
    id: "updated_at",
    header: "Changed",
    width: 112,
    grow: 0,
    align: "right",
    sort: "updated_at",
    csv: (profile) => profile.updated_at,
    cell: (profile) => <Time at={profile.updated_at} className="text-muted" />,
  },
];

export const PROFILE_FILTERS: FilterSpec[] = [{ field: "tag", label: "Tag", kind: "text" }];

function imageOf({ os_image, edition_name, edition_index }: Profile): string {
  if (!os_image) return "";
  if (!os_image.name) return "Not there any more";
  return edition_name ?? `${os_image.name}${edition_index ? `, edition ${edition_index}` : ""}`;
}
