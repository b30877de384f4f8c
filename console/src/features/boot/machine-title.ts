import type { BootSession } from "@/lib/api/types";

/** What a machine is called before it has a name. */
export function machineTitle(session: BootSession): string {
  const { manufacturer, model } = session.facts;
  return (
    session.device?.hostname ?? ([manufacturer, model].filter(Boolean).join(" ") || "Machine of unknown make")
  );
}
