import Link from "next/link";
import { Panel } from "@/components/panel";
import { StatusBadge } from "@/components/status-badge";
import type { RunDetail } from "@/lib/api/types";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";

/** What went wrong, the most frequent first. */
export function RunFailures({ run }: { run: RunDetail }) {
  if (run.failures.length === 0) return null;
  return (
    <Panel title="What went wrong" flush>
      <ul aria-label="Failures by reason" className="divide-y divide-line">
        {run.failures.map((group) => (
          <li
            key={`${group.status} ${group.code} ${group.exit_code}`}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5 text-sm"
          >
            <span className="figures w-14 text-right font-medium">{count(group.count)}</span>
            <span className="w-28">
              <StatusBadge status={group.status} />
            </span>
            <span className="min-w-0 flex-1 basis-56">
              {group.message ??
                (group.exit_code === null ? "No reason given" : `Exit code ${group.exit_code}`)}
              <span className="block truncate text-muted">{group.examples.join(", ")}</span>
            </span>
            <Link
              href={paths.actionsOfBatch(run.id, group.status)}
              className="rounded-control text-accent hover:underline"
            >
              Show these<span className="sr-only"> that ended as {group.status.replace("_", " ")}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
