"use client";

import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { ButtonLink } from "@/components/button";
import { DetailMissing } from "@/components/detail-missing";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { StatusBadge } from "@/components/status-badge";
import { Tabs } from "@/components/tabs";
import { Time } from "@/components/time";
import { deviceQuery } from "@/features/devices/api";
import { deviceStatus } from "@/features/devices/components/device-columns";
import { DeviceFacts } from "@/features/devices/components/device-facts";
import { DeviceNotice } from "@/features/devices/components/device-notice";
import { InventoryPanels } from "@/features/devices/components/inventory-panels";
import { TagEditor } from "@/features/devices/components/tag-editor";
import { osName } from "@/features/devices/os-name";
import type { Device } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { DeviceActions } from "./device-actions";
import { DeviceActivity } from "./device-activity";
import { DeployButton, DeviceDeployments } from "./device-deployments";
import { DeviceMenu } from "./device-menu";

export function DevicePage() {
  const id = useDetailId();
  const device = useQuery(deviceQuery(id));
  usePageTitle(device.data?.hostname ?? "Device");
  if (device.data) return <DeviceView device={device.data} />;
  return (
    <DetailMissing id={id} query={device} noun="device" all={{ label: "All devices", href: paths.devices }}>
      It was retired, or belongs to another organisation.
    </DetailMissing>
  );
}

function DeviceView({ device }: { device: Device }) {
  const can = useCan();
  const runnable = can("actions:run") && device.state === "active";
  return (
    <Page width="wide">
      <PageHeader
        title={device.hostname}
        meta={
          <>
            <StatusBadge status={deviceStatus(device)} />
            <span>{osName(device) || "Unknown system"}</span>
            {device.hardware.model && <span>{device.hardware.model}</span>}
            {device.logged_on_user && <span>{device.logged_on_user}</span>}
            <span>
              Last check-in <Time at={device.last_check_in} />
            </span>
            <TagEditor device={device} />
          </>
        }
        actions={
          <>
            {runnable && (
              <ButtonLink href={paths.run({ device: [device.id] })} variant="primary">
                <Play className="size-4" strokeWidth={1.5} aria-hidden />
                Run a script
              </ButtonLink>
            )}
            {can("deployments:write") && device.state !== "revoked" && <DeployButton device={device} />}
            <DeviceMenu device={device} />
          </>
        }
      />
      <div className="mb-5 empty:hidden">
        <DeviceNotice device={device} />
      </div>
      <Tabs
        label="About this device"
        tabs={[
          {
            id: "overview",
            label: "Overview",
            content: (
              <div className="flex flex-col gap-5">
                <DeviceFacts device={device} />
                <InventoryPanels deviceId={device.id} />
              </div>
            ),
          },
          ...(can("actions:read")
            ? [{ id: "actions", label: "Actions", content: <DeviceActions device={device} /> }]
            : []),
          ...(can("deployments:read")
            ? [
                {
                  id: "deployments",
                  label: "Deployments",
                  content: <DeviceDeployments deviceId={device.id} />,
                },
              ]
            : []),
          ...(can("audit:read")
            ? [{ id: "activity", label: "Activity", content: <DeviceActivity deviceId={device.id} /> }]
            : []),
        ]}
      />
    </Page>
  );
}
