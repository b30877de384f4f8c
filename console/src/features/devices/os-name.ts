import type { Device } from "@/lib/api/types";

/** The version, unless the name says it already, as Debian's does. */
export function osVersion({ os }: Device): string {
  return os.version && !os.name?.includes(os.version) ? os.version : "";
}

export function osName(device: Device): string {
  return [device.os.name, osVersion(device)].filter(Boolean).join(" ");
}
