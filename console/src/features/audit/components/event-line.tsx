import Link from "next/link";
import type { ReactNode } from "react";
import { Time } from "@/components/time";
import type { AuditEvent } from "@/lib/api/types";
import { words } from "@/lib/format";
import { paths } from "@/lib/paths";
import { verbWords } from "../verb-words";

const PAGES: Record<string, (id: string) => string> = {
  device: paths.device,
  action: paths.action,
  action_batch: (id) => paths.actionsOfBatch(id),
  device_group: paths.group,
  run: paths.runDetail,
  script: paths.script,
  enrollment_token: () => paths.enrollment,
  user: () => paths.people,
  role: () => `${paths.people}?tab=roles`,
  api_key: () => `${paths.people}?tab=keys`,
  secret: () => paths.secrets,
  settings: () => paths.settings,
};

export function TargetLink({ target }: { target: AuditEvent["target"] }): ReactNode {
  if (!target) return null;
  const page = target.type ? PAGES[target.type] : undefined;
  const name = target.name ?? words(target.type ?? "");
  if (!page || !target.id) return name;
  return (
    <Link href={page(target.id)} className="rounded-control text-text hover:underline">
      {name}
    </Link>
  );
}

export function EventLines({ events }: { events: AuditEvent[] }) {
  return (
    <ol className="divide-y divide-line">
      {events.map((event) => (
        <li key={event.id} className="flex items-baseline gap-3 px-4 py-2.5 text-sm">
          <p className="min-w-0 flex-1 break-words text-muted">
            <span className="text-text">{event.actor.name ?? event.actor.type}</span> {verbWords(event.verb)}{" "}
            <span className="font-medium">
              <TargetLink target={event.target} />
            </span>
          </p>
          <span className="shrink-0 text-faint">
            <Time at={event.at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
