import Link from "next/link";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed, Time } from "@/components/time";
import type { Action } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { actionStatus } from "../open-states";

/** A short list of actions inside another page. */
export function ActionRows({ actions, showDevice = false }: { actions: Action[]; showDevice?: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {actions.map((action) => (
        <li key={action.id}>
          <Link
            href={paths.action(action.id)}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-2.5 text-sm hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[8rem_minmax(0,1fr)_auto_auto]"
          >
            <StatusBadge status={actionStatus(action)} className="max-sm:order-2" />
            <span className="min-w-0 max-sm:order-1">
              <span className="block truncate font-medium">{action.title}</span>
              <span className="block truncate text-muted">
                {showDevice
                  ? action.device.hostname
                  : (action.error?.message ?? action.reason ?? action.created_by.name)}
              </span>
            </span>
            <span className="hidden text-muted sm:block">
              {action.started_at && <Elapsed from={action.started_at} to={action.finished_at} />}
            </span>
            <span className="hidden w-24 text-right text-faint sm:block">
              <Time at={action.created_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
