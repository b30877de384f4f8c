import {
  Activity,
  Boxes,
  Cpu,
  Disc3,
  FileCode2,
  HardDriveDownload,
  House,
  KeyRound,
  Layers,
  ListChecks,
  Lock,
  type LucideIcon,
  Monitor,
  Network,
  ScrollText,
  Settings,
  Users,
} from "lucide-react";

import { paths } from "@/lib/paths";

export type Section = {
  label: string;
  href: string;
  icon: LucideIcon;
  permission: string | null;
  key: string;
};
export type SectionGroup = { label: string | null; sections: Section[] };

/** What the rail, the palette, the breadcrumb and the `g …` keys know; only what exists. */
export const GROUPS: SectionGroup[] = [
  {
    label: null,
    sections: [{ label: "Overview", href: paths.overview, icon: House, permission: null, key: "o" }],
  },
  {
    label: "Deploy",
    sections: [
      {
        label: "Deployments",
        href: paths.deployments,
        icon: HardDriveDownload,
        permission: "deployments:read",
        key: "y",
      },
      { label: "Profiles", href: paths.profiles, icon: ListChecks, permission: "profiles:read", key: "r" },
      { label: "Images", href: paths.images, icon: Disc3, permission: "images:read", key: "i" },
      { label: "Drivers", href: paths.drivers, icon: Cpu, permission: "drivers:read", key: "v" },
      { label: "Boot", href: paths.boot, icon: Network, permission: "boot:read", key: "b" },
    ],
  },
  {
    label: "Manage",
    sections: [
      { label: "Devices", href: paths.devices, icon: Monitor, permission: "devices:read", key: "d" },
      { label: "Groups", href: paths.groups, icon: Boxes, permission: "devices:read", key: "g" },
      { label: "Actions", href: paths.actions, icon: Activity, permission: "actions:read", key: "a" },
      { label: "Runs", href: paths.runs, icon: Layers, permission: "actions:read", key: "n" },
      { label: "Scripts", href: paths.scripts, icon: FileCode2, permission: "scripts:read", key: "s" },
    ],
  },
  {
    label: "Admin",
    sections: [
      {
        label: "Enrollment",
        href: paths.enrollment,
        icon: KeyRound,
        permission: "enrollment:read",
        key: "e",
      },
      { label: "People", href: paths.people, icon: Users, permission: "users:read", key: "p" },
      { label: "Secrets", href: paths.secrets, icon: Lock, permission: "secrets:read", key: "c" },
      { label: "Audit", href: paths.audit, icon: ScrollText, permission: "audit:read", key: "u" },
      { label: "Settings", href: paths.settings, icon: Settings, permission: "settings:read", key: "t" },
    ],
  },
];

export const SECTIONS: Section[] = GROUPS.flatMap((group) => group.sections);

/** The section a page belongs to: `/devices/detail/` belongs to Devices. */
export function sectionOf(pathname: string): Section | undefined {
  if (pathname === "/") return SECTIONS[0];
  return SECTIONS.find((section) => section.href !== "/" && pathname.startsWith(section.href));
}
