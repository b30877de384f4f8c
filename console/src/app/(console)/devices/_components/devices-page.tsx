"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Monitor, Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { Button, ButtonLink } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { collectDevices, devicesQuery } from "@/features/devices/api";
import { DEVICE_COLUMNS, DEVICE_FILTERS, deviceStatus } from "@/features/devices/components/device-columns";
import { DeviceSelection } from "@/features/devices/components/device-selection";
import { plural } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { useSelection } from "@/lib/list/selection";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { keepTargets } from "@/lib/run-targets";
import { useCan } from "@/lib/session";

export function DevicesPage() {
  usePageTitle("Devices");
  const router = useRouter();
  const can = useCan();
  const list = useListUrl("hostname");
  const selection = useSelection();
  const devices = useInfiniteQuery(devicesQuery(list.request));
  const total = devices.data?.total ?? null;
  const isEmpty = total === 0 && !list.isFiltered;
  const enroll = can("enrollment:write") && (
    <ButtonLink href={`${paths.enrollment}?new=1`} variant="primary">
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      Enroll a device
    </ButtonLink>
  );
  return (
    <ListPage>
      <PageHeader
        title="Devices"
        meta={!isEmpty && total !== null && plural(total, "device")}
        actions={!isEmpty && enroll}
      />
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search name, serial, user, model"
          filters={DEVICE_FILTERS}
          columns={DEVICE_COLUMNS}
          collect={() => collectDevices(list.request)}
          csvName="devices"
        />
      )}
      <ListBody>
        <DataTable
          label="Devices"
          query={devices}
          columns={DEVICE_COLUMNS}
          list={list}
          rowId={(device) => device.id}
          rowHref={(device) => paths.device(device.id)}
          rowStamp={(device) => `${deviceStatus(device)} ${device.version}`}
          selection={selection}
          empty={
            list.isFiltered ? (
              <EmptyState
                icon={Monitor}
                title="No device matches"
                action={<Button onClick={list.clear}>Clear search and filters</Button>}
              />
            ) : (
              <EmptyState icon={Monitor} title="No devices yet" action={enroll}>
                Every computer you manage is listed here. A device appears when the agent on it enrolls with
                one line from Enrollment.
              </EmptyState>
            )
          }
        />
      </ListBody>
      <DeviceSelection
        selection={selection}
        total={total}
        request={list.request}
        onRun={(ids) => router.push(keepTargets(ids))}
      />
    </ListPage>
  );
}
