import {
  Activity,
  Cpu,
  Disc3,
  FileCode2,
  HardDriveDownload,
  ListChecks,
  type LucideIcon,
  Monitor,
  Moon,
  Play,
  Plus,
  Sun,
  UserRound,
} from "lucide-react";
import { statusLook } from "@/components/status-badge";
import { shownState, titleOf } from "@/features/deployments/states";
import type { SearchResult } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import type { ThemeChoice } from "@/lib/theme/theme";
import { SECTIONS } from "./sections";

export type PaletteEntry = {
  id: string;
  group: string;
  label: string;
  detail?: string;
  icon: LucideIcon;
  href?: string;
  run?: () => void;
};

type Doing = {
  can: (permission: string) => boolean;
  go: (href: string) => void;
  chooseTheme: (choice: ThemeChoice) => void;
};

export function staticEntries({ can, chooseTheme }: Doing): PaletteEntry[] {
  const pages = SECTIONS.filter(({ permission }) => permission === null || can(permission)).map(
    ({ label, href, icon, key }): PaletteEntry => ({
      id: href,
      group: "Go to",
      label,
      detail: `g ${key}`,
      icon,
      href,
    }),
  );
  const acts: PaletteEntry[] = [
    ...(can("actions:run")
      ? [{ id: "run", group: "Do", label: "Run a script", icon: Play, href: paths.run() }]
      : []),
    ...(can("scripts:write")
      ? [{ id: "new-script", group: "Do", label: "Write a new script", icon: Plus, href: paths.newScript }]
      : []),
    ...(can("profiles:write")
      ? [
          {
            id: "new-profile",
            group: "Do",
            label: "Make a deployment profile",
            icon: Plus,
            href: `${paths.profiles}?new=1`,
          },
        ]
      : []),
    ...(can("images:write")
      ? [
          {
            id: "new-image",
            group: "Do",
            label: "Import an OS image",
            icon: Plus,
            href: `${paths.images}?new=1`,
          },
        ]
      : []),
    ...(can("drivers:write")
      ? [
          {
            id: "new-pack",
            group: "Do",
            label: "Add a driver pack",
            icon: Plus,
            href: `${paths.drivers}?new=1`,
          },
        ]
      : []),
    ...(can("enrollment:write")
      ? [
          {
            id: "enroll",
            group: "Do",
            label: "Enroll a device",
            icon: Plus,
            href: `${paths.enrollment}?new=1`,
          },
        ]
      : []),
    { id: "account", group: "Do", label: "Account and sign-in", icon: UserRound, href: paths.account },
    { id: "dark", group: "Do", label: "Dark theme", icon: Moon, run: () => chooseTheme("dark") },
    { id: "light", group: "Do", label: "Light theme", icon: Sun, run: () => chooseTheme("light") },
  ];
  return [...pages, ...acts];
}

export function foundEntries(found: SearchResult): PaletteEntry[] {
  return [
    ...found.devices.map((device) => ({
      id: device.id,
      group: "Devices",
      label: device.hostname,
      detail: device.hardware.model ?? undefined,
      icon: Monitor,
      href: paths.device(device.id),
    })),
    ...found.deployments.map((deployment) => ({
      id: deployment.id,
      group: "Deployments",
      label: titleOf(deployment),
      detail: `${deployment.profile.name}, ${statusLook(shownState(deployment)).word.toLowerCase()}`,
      icon: HardDriveDownload,
      href: paths.deployment(deployment.id),
    })),
    ...found.profiles.map((profile) => ({
      id: profile.id,
      group: "Profiles",
      label: profile.name,
      detail: profile.os_image?.name ?? undefined,
      icon: ListChecks,
      href: paths.profile(profile.id),
    })),
    ...found.images.map((image) => ({
      id: image.id,
      group: "Images",
      label: image.name,
      detail: image.image_version || undefined,
      icon: Disc3,
      href: paths.image(image.id),
    })),
    ...found.driver_packs.map((pack) => ({
      id: pack.id,
      group: "Drivers",
      label: pack.name,
      detail: pack.pack_version || undefined,
      icon: Cpu,
      href: paths.driverPack(pack.id),
    })),
    ...found.scripts.map((script) => ({
      id: script.id,
      group: "Scripts",
      label: script.name,
      detail: script.language,
      icon: FileCode2,
      href: paths.script(script.id),
    })),
    ...found.actions.map((action) => ({
      id: action.id,
      group: "Actions",
      label: action.title,
      detail: action.device.hostname,
      icon: Activity,
      href: paths.action(action.id),
    })),
    ...found.users.map((user) => ({
      id: user.id,
      group: "People",
      label: user.name,
      detail: user.email,
      icon: UserRound,
      href: paths.people,
    })),
  ];
}
