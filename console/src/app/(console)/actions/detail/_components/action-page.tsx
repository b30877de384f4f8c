"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { DetailMissing } from "@/components/detail-missing";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Callout, Panel } from "@/components/panel";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed, Time } from "@/components/time";
import { actionQuery } from "@/features/actions/api";
import { ActionButtons } from "@/features/actions/components/action-buttons";
import { ActionFacts } from "@/features/actions/components/action-facts";
import { ActionLogPanel } from "@/features/actions/components/action-log-panel";
import { ActionTimeline } from "@/features/actions/components/action-timeline";
import { actionStatus, isOpen } from "@/features/actions/open-states";
import type { ActionDetail } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";

export function ActionPage() {
  const id = useDetailId();
  const action = useQuery(actionQuery(id));
  usePageTitle(action.data?.title ?? "Action");
  if (action.data) return <ActionView action={action.data} />;
  return (
    <DetailMissing id={id} query={action} noun="action" all={{ label: "All actions", href: paths.actions }} />
  );
}

function ActionView({ action }: { action: ActionDetail }) {
  return (
    <Page width="wide">
      <PageHeader
        title={action.title}
        meta={
          <>
            <StatusBadge status={actionStatus(action)} />
            <span>
              on{" "}
              <Link
                href={paths.device(action.device.id)}
                className="rounded-control text-text hover:underline"
              >
                {action.device.hostname}
              </Link>
            </span>
            <span>
              by {action.created_by.name}, <Time at={action.created_at} />
            </span>
            {action.started_at && (
              <span>
                {action.finished_at ? "took" : "running for"}{" "}
                <Elapsed from={action.started_at} to={action.finished_at} />
              </span>
            )}
            {action.exit_code !== null && <span className="figures">exit code {action.exit_code}</span>}
          </>
        }
        actions={<ActionButtons action={action} />}
      />
      <div className="mb-5 empty:hidden">
        {action.error ? (
          <Callout tone="bad" title={action.error.message}>
            <span className="font-mono text-xs">{action.error.code}</span>
          </Callout>
        ) : (
          isOpen(action) && action.reason && <Callout tone="wait" title={action.reason} />
        )}
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <ActionLogPanel action={action} />
        <div className="flex flex-col gap-5">
          <Panel title="States">
            <ActionTimeline action={action} />
          </Panel>
          <ActionFacts action={action} />
        </div>
      </div>
    </Page>
  );
}
