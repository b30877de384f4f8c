"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { HardDriveDownload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { Tabs } from "@/components/tabs";
import { WaitingMachines } from "@/features/boot/components/waiting-machines";
import { deploymentsQuery } from "@/features/deployments/api";
import { DEPLOYMENT_COLUMNS, DEPLOYMENT_FILTERS } from "@/features/deployments/components/deployment-columns";
import { DeploymentWall } from "@/features/deployments/components/deployment-wall";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

const ArmDialog = lazy(() =>
  import("@/features/deployments/components/arm-dialog").then((module) => ({ default: module.ArmDialog })),
);

export function DeploymentsPage() {
  usePageTitle("Deployments");
  const can = useCan();
  const [arming, setArming] = useState(false);
  const arm = can("deployments:write") && (
    <Button variant="primary" onClick={() => setArming(true)}>
      <HardDriveDownload className="size-4" strokeWidth={1.5} aria-hidden />
      Deploy a machine
    </Button>
  );
  return (
    <Page>
      <PageHeader title="Deployments" actions={arm} />
      <WaitingMachines />
      <Tabs
        label="Deployments"
        tabs={[
          { id: "wall", label: "Wall", content: <DeploymentWall emptyAction={arm} /> },
          { id: "all", label: "All", content: <AllDeployments /> },
        ]}
      />
      <Suspense>{arming && <ArmDialog device={null} onClose={() => setArming(false)} />}</Suspense>
    </Page>
  );
}

function AllDeployments() {
  const list = useListUrl("-created_at");
  const deployments = useInfiniteQuery(deploymentsQuery(list.request));
  const isEmpty = deployments.data?.total === 0 && !list.isFiltered;
  return (
    <>
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search computer, profile, serial, MAC"
          filters={DEPLOYMENT_FILTERS}
          columns={DEPLOYMENT_COLUMNS}
        />
      )}
      <DataTable
        label="Deployments"
        query={deployments}
        columns={DEPLOYMENT_COLUMNS}
        list={list}
        rowId={(deployment) => deployment.id}
        rowHref={(deployment) => paths.deployment(deployment.id)}
        rowStamp={(deployment) => String(deployment.version)}
        empty={
          list.isFiltered ? (
            <EmptyState
              icon={HardDriveDownload}
              title="No deployment matches"
              action={<Button onClick={list.clear}>Clear search and filters</Button>}
            />
          ) : (
            <EmptyState icon={HardDriveDownload} title="No deployment yet">
              Each run of a profile on a machine is kept here, with its steps, logs and what it was made of.
            </EmptyState>
          )
        }
      />
    </>
  );
}
