"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleSlash } from "lucide-react";
import { useState } from "react";
import { ButtonLink } from "@/components/button";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Callout, Panel } from "@/components/panel";
import { ProgressBar } from "@/components/progress-bar";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Elapsed } from "@/components/time";
import { WaitingMachines } from "@/features/boot/components/waiting-machines";
import { deploymentQuery } from "@/features/deployments/api";
import { DeploymentButtons } from "@/features/deployments/components/deployment-buttons";
import { DeploymentFacts } from "@/features/deployments/components/deployment-facts";
import { DeploymentLogPanel } from "@/features/deployments/components/deployment-log-panel";
import { StepList } from "@/features/deployments/components/step-list";
import {
  isLive,
  modelOf,
  overallPercent,
  secondsLeft,
  shownState,
  titleOf,
  waitsFor,
} from "@/features/deployments/states";
import { ApiError } from "@/lib/api/errors";
import type { DeploymentDetail } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { bytes, duration } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";

export function DeploymentPage() {
  const deployment = useQuery(deploymentQuery(useDetailId()));
  usePageTitle(deployment.data ? titleOf(deployment.data) : "Deployment");
  if (deployment.data) return <DeploymentView deployment={deployment.data} />;
  const gone = deployment.error instanceof ApiError && deployment.error.status === 404;
  return (
    <Page>
      {gone ? (
        <EmptyState
          icon={CircleSlash}
          title="There is no such deployment"
          action={<ButtonLink href={paths.deployments}>All deployments</ButtonLink>}
        />
      ) : deployment.isError ? (
        <ErrorState error={deployment.error} onRetry={() => deployment.refetch()} what="This deployment" />
      ) : (
        <PanelSkeleton rows={8} label="Loading the deployment" />
      )}
    </Page>
  );
}

function DeploymentView({ deployment }: { deployment: DeploymentDetail }) {
  const [open, setOpen] = useState<number | null>(null);
  const waits = waitsFor(deployment);
  return (
    <Page width="wide">
      <PageHeader
        title={titleOf(deployment)}
        meta={
          <>
            <StatusBadge status={shownState(deployment)} />
            <span>{modelOf(deployment)}</span>
            <span>{deployment.profile.name}</span>
            {deployment.started_at && (
              <span>
                {deployment.finished_at ? "took" : "for"}{" "}
                <Elapsed from={deployment.started_at} to={deployment.finished_at} />
              </span>
            )}
          </>
        }
        actions={<DeploymentButtons deployment={deployment} position={open} />}
      />
      {deployment.state === "waiting_for_approval" && <WaitingMachines />}
      <div className="mb-5 empty:hidden">
        {deployment.error ? (
          <Callout tone="bad" title={deployment.error.message}>
            <span className="font-mono text-xs">{deployment.error.code}</span>
          </Callout>
        ) : deployment.abort_requested_by && isLive(deployment.state) ? (
          <Callout
            tone="wait"
            title={`${deployment.abort_requested_by} asked to abort: the machine is told`}
          />
        ) : (
          isLive(deployment.state) && waits && <Callout tone="wait" title={waits} />
        )}
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <Panel flush title="Steps" actions={<Progress deployment={deployment} />}>
            {deployment.steps.length > 0 ? (
              <StepList deployment={deployment} open={open} onOpen={setOpen} />
            ) : (
              <p className="px-4 py-6 text-muted text-sm">
                The steps are frozen from the profile when the machine is let in.
              </p>
            )}
          </Panel>
          <DeploymentLogPanel deployment={deployment} position={open} />
        </div>
        <div className="flex flex-col gap-5">
          <DeploymentFacts deployment={deployment} />
        </div>
      </div>
    </Page>
  );
}

function Progress({ deployment }: { deployment: DeploymentDetail }) {
  if (!isLive(deployment.state)) return null;
  const left = secondsLeft(deployment);
  const rate = deployment.progress?.bytes_per_s;
  return (
    <span className="figures flex items-center gap-3 text-muted text-sm">
      {rate ? `${bytes(rate, 1000)}/s` : null}
      {left !== null && `${duration(Math.ceil(left) * 1000)} left`}
      <ProgressBar label="Progress" percent={overallPercent(deployment)} className="w-28" />
    </span>
  );
}
