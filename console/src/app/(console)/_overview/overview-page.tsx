"use client";

import { useQuery } from "@tanstack/react-query";
import { Monitor, Play, Plus } from "lucide-react";
import { ButtonLink } from "@/components/button";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { EventLines } from "@/features/audit/components/event-line";
import { overviewQuery } from "@/features/overview/api";
import { AttentionList } from "@/features/overview/components/attention-list";
import { Figures } from "@/features/overview/components/figures";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { figuresOf } from "./figures-of";
import { RunningStrip } from "./running-strip";

export function OverviewPage() {
  usePageTitle("Overview");
  const can = useCan();
  const overview = useQuery(overviewQuery);
  return (
    <Page>
      <PageHeader
        title="Overview"
        actions={
          <>
            {can("enrollment:write") && (
              <ButtonLink href={`${paths.enrollment}?new=1`}>
                <Plus className="size-4" strokeWidth={1.5} aria-hidden />
                Enroll a device
              </ButtonLink>
            )}
            {can("actions:run") && (
              <ButtonLink href={paths.run()} variant="primary">
                <Play className="size-4" strokeWidth={1.5} aria-hidden />
                Run a script
              </ButtonLink>
            )}
          </>
        }
      />
      {overview.isError && !overview.data ? (
        <ErrorState error={overview.error} onRetry={() => overview.refetch()} what="The overview" />
      ) : overview.data ? (
        <div className="flex flex-col gap-5">
          <Figures figures={figuresOf(overview.data)} />
          {can("actions:read") && <RunningStrip />}
          <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <Panel
              id="attention"
              title={overview.data.devices.total === 0 ? "Next" : "Needs attention"}
              flush
            >
              {overview.data.devices.total === 0 ? (
                <FirstDevice />
              ) : (
                <AttentionList items={overview.data.needs_attention} />
              )}
            </Panel>
            {can("audit:read") && (
              <Panel
                title="Latest activity"
                flush
                actions={
                  <ButtonLink href={paths.audit} variant="ghost" size="sm">
                    All
                  </ButtonLink>
                }
              >
                {overview.data.activity.length === 0 ? (
                  <p className="px-4 py-8 text-center text-muted text-sm">Nothing has happened yet.</p>
                ) : (
                  <EventLines events={overview.data.activity} />
                )}
              </Panel>
            )}
          </div>
        </div>
      ) : (
        <div className="flex flex-col gap-5">
          <div className="h-24 rounded-panel border border-line bg-surface">
            <PanelSkeleton rows={2} label="Loading the overview" />
          </div>
          <Panel>
            <PanelSkeleton rows={6} />
          </Panel>
        </div>
      )}
    </Page>
  );
}

function FirstDevice() {
  const can = useCan();
  return (
    <EmptyState
      icon={Monitor}
      title="Enroll your first device"
      action={
        can("enrollment:write") && (
          <ButtonLink href={`${paths.enrollment}?new=1`} variant="primary">
            Make the line
          </ButtonLink>
        )
      }
    >
      Run one line on a computer, and it appears here within seconds.
    </EmptyState>
  );
}
