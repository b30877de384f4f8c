"use client";

import { lazy, Suspense, useState } from "react";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Tabs } from "@/components/tabs";
import { MachinesTab } from "@/features/boot/components/machines-tab";
import { PinsTab } from "@/features/boot/components/pins-tab";
import { SitesTab } from "@/features/boot/components/sites-tab";
import { WaitingMachines } from "@/features/boot/components/waiting-machines";
import { EnvironmentsTab } from "@/features/images/components/environments-tab";
import type { DiscoveredMachine } from "@/lib/api/types";
import { usePageTitle } from "@/lib/page-title";
import { useCan } from "@/lib/session";

const ArmDialog = lazy(() =>
  import("@/features/deployments/components/arm-dialog").then((module) => ({ default: module.ArmDialog })),
);

export function BootPage() {
  usePageTitle("Boot");
  const can = useCan();
  const [machine, setMachine] = useState<DiscoveredMachine | null>(null);
  return (
    <Page>
      <PageHeader
        title="Boot"
        description="Machines that start from the network: those that wait, those that were seen, and where they belong."
      />
      <WaitingMachines />
      <Tabs
        label="Starting from the network"
        tabs={[
          {
            id: "machines",
            label: "Machines seen",
            content: <MachinesTab onOpen={(opened) => can("deployments:write") && setMachine(opened)} />,
          },
          { id: "sites", label: "Sites", content: <SitesTab /> },
          ...(can("images:read")
            ? [{ id: "environments", label: "Environments", content: <EnvironmentsTab /> }]
            : []),
          { id: "pins", label: "Technicians' PINs", content: <PinsTab /> },
        ]}
      />
      <Suspense>
        {machine && (
          <ArmDialog
            device={machine.device}
            machine={machine.device ? undefined : machine}
            onClose={() => setMachine(null)}
          />
        )}
      </Suspense>
    </Page>
  );
}
