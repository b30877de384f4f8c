"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { DetailMissing } from "@/components/detail-missing";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Callout, Facts, Panel } from "@/components/panel";
import { StatusBadge } from "@/components/status-badge";
import { StatusCounts } from "@/components/status-counts";
import { Elapsed, Time } from "@/components/time";
import { runQuery } from "@/features/runs/api";
import { RunButtons } from "@/features/runs/components/run-buttons";
import { RunFailures } from "@/features/runs/components/run-failures";
import { RunGrid } from "@/features/runs/components/run-grid";
import { countsOf } from "@/features/runs/progress";
import type { RunDetail } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { count, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";

export function RunDetailPage() {
  const id = useDetailId();
  const run = useQuery(runQuery(id));
  usePageTitle(run.data?.title ?? "Run");
  if (run.data) return <RunView run={run.data} />;
  return <DetailMissing id={id} query={run} noun="run" all={{ label: "All runs", href: paths.runs }} />;
}

const ORDERS = { hostname: "by host name", recent: "those heard of last first", random: "by chance" };

function RunView({ run }: { run: RunDetail }) {
  const away = run.progress.offline;
  return (
    <Page width="wide">
      <PageHeader
        title={run.title}
        meta={
          <>
            <StatusBadge status={run.state} />
            <span>on {plural(run.total, "device")}</span>
            <span>
              by {run.created_by.name}, <Time at={run.created_at} />
            </span>
            <span>
              {run.ended_at ? "took" : "running for"} <Elapsed from={run.created_at} to={run.ended_at} />
            </span>
          </>
        }
        actions={<RunButtons run={run} />}
      />
      <div className="mb-5 flex flex-col gap-3 empty:hidden">
        {run.state_reason && (
          <Callout tone={run.state === "stopped" ? "bad" : "wait"} title={run.state_reason} />
        )}
        {run.ended_at === null && away > 0 && (
          <Callout
            tone="wait"
            title={`Waiting for ${plural(away, "device")} that ${away === 1 ? "is" : "are"} offline`}
          >
            They do it when they come back; what has not begun expires <Time at={run.expires_at} />.
          </Callout>
        )}
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <Panel
            title="Progress"
            actions={
              <Link
                href={paths.actionsOfBatch(run.id)}
                className="rounded-control text-accent text-sm hover:underline"
              >
                All actions of this run
              </Link>
            }
          >
            <StatusCounts counts={countsOf(run.progress)} />
          </Panel>
          <RunFailures run={run} />
          <RunGrid id={run.id} />
        </div>
        <Panel title="How it is done">
          <Facts
            facts={[
              {
                label: "At a time",
                value: run.at_most === null ? "all at once" : `${count(run.at_most)} at most`,
              },
              { label: "Order", value: ORDERS[run.order] },
              {
                label: "Stops",
                value:
                  run.stop_at_percent === null ? "never by itself" : `when ${run.stop_at_percent} % failed`,
              },
              { label: "Expires", value: <Time at={run.expires_at} /> },
              ...(run.retry_of
                ? [
                    {
                      label: "Again of",
                      value: (
                        <Link
                          href={paths.runDetail(run.retry_of)}
                          className="rounded-control text-accent hover:underline"
                        >
                          an earlier run
                        </Link>
                      ),
                    },
                  ]
                : []),
              ...run.skipped.map((left) => ({
                label: `${count(left.count)} left out`,
                value: `${left.reason} (${left.examples.join(", ")})`,
              })),
            ]}
          />
        </Panel>
      </div>
    </Page>
  );
}
