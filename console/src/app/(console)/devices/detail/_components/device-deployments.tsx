"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { HardDriveDownload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { EmptyState } from "@/components/states";
import { deploymentsQuery } from "@/features/deployments/api";
import { DEPLOYMENT_COLUMNS } from "@/features/deployments/components/deployment-columns";
import type { Device } from "@/lib/api/types";
import { useListUrl } from "@/lib/list/list-state";
import { paths } from "@/lib/paths";

const ArmDialog = lazy(() =>
  import("@/features/deployments/components/arm-dialog").then((module) => ({ default: module.ArmDialog })),
);

export function DeployButton({ device }: { device: Device }) {
  const [arming, setArming] = useState(false);
  return (
    <>
      <Button onClick={() => setArming(true)}>
        <HardDriveDownload className="size-4" strokeWidth={1.5} aria-hidden />
        Deploy
      </Button>
      <Suspense>{arming && <ArmDialog device={device} onClose={() => setArming(false)} />}</Suspense>
    </>
  );
}

/** Every run of a profile on this machine, through all its lives. */
export function DeviceDeployments({ deviceId }: { deviceId: string }) {
  const list = useListUrl("-created_at");
  const deployments = useInfiniteQuery(
    deploymentsQuery({ ...list.request, filters: [{ field: "device_id", op: "eq", value: deviceId }] }),
  );
  return (
    <DataTable
      label="Deployments of this device"
      query={deployments}
      columns={DEPLOYMENT_COLUMNS}
      list={list}
      rowId={(deployment) => deployment.id}
      rowHref={(deployment) => paths.deployment(deployment.id)}
      rowStamp={(deployment) => String(deployment.version)}
      empty={
        <EmptyState icon={HardDriveDownload} title="Never deployed from here">
          Its system came from elsewhere. A deployment keeps the device's row, tags and history.
        </EmptyState>
      }
    />
  );
}
