"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Time } from "@/components/time";
import { errorCode } from "@/lib/api/errors";
import { bytes, count } from "@/lib/format";
import { deviceInventoryQuery } from "../api";
import { type InventoryView, readInventory } from "../inventory";
import { SimpleTable } from "./simple-table";
import { VolumeBar } from "./volume-bar";

/** Disks, network and software: what the agent found. */
export function InventoryPanels({ deviceId }: { deviceId: string }) {
  const inventory = useQuery(deviceInventoryQuery(deviceId));
  if (inventory.isPending) {
    return (
      <Panel title="Inventory">
        <PanelSkeleton rows={6} label="Loading the inventory" />
      </Panel>
    );
  }
  if (inventory.isError && errorCode(inventory.error) === "inventory_not_found") {
    return (
      <Panel title="Inventory">
        <p className="text-muted text-sm">
          The agent has not sent an inventory yet. It does so shortly after its first check-in.
        </p>
      </Panel>
    );
  }
  if (inventory.isError) {
    return <ErrorState error={inventory.error} onRetry={() => inventory.refetch()} what="The inventory" />;
  }
  const view = readInventory(inventory.data.inventory);
  return (
    <>
      <Panel title="Disks" flush>
        <Disks view={view} />
      </Panel>
      <Panel title="Network" flush>
        <SimpleTable
          label="Network adapters"
          head={["Adapter", "Address", "MAC"]}
          rows={view.networks.map((network) => ({
            key: `${network.name}-${network.mac}`,
            cells: [
              network.name,
              <span key="addresses" className="font-mono text-xs">
                {network.addresses.join(", ") || "—"}
              </span>,
              <span key="mac" className="font-mono text-xs">
                {network.mac ?? "—"}
              </span>,
            ],
          }))}
          empty="No adapter was reported."
        />
      </Panel>
      <SoftwarePanel software={view.software} receivedAt={inventory.data.received_at} />
    </>
  );
}

function Disks({ view }: { view: InventoryView }) {
  return (
    <>
      {(view.disks.length > 0 || view.volumes.length === 0) && (
        <SimpleTable
          label="Disks"
          head={["Disk", "Model", "Kind", "Size"]}
          rows={view.disks.map((disk) => ({
            key: disk.name,
            cells: [disk.name, disk.model ?? "—", disk.media?.toUpperCase() ?? "—", bytes(disk.size, 1000)],
          }))}
          empty="No disk was reported."
        />
      )}
      {view.volumes.length > 0 && (
        <ul className="grid gap-x-8 gap-y-3 border-line p-4 not-first:border-t sm:grid-cols-2">
          {view.volumes.map((volume) => (
            <VolumeBar key={volume.mount} volume={volume} />
          ))}
        </ul>
      )}
    </>
  );
}

const SHOWN = 12;

type SoftwarePanelProps = { software: InventoryView["software"]; receivedAt: string };

function SoftwarePanel({ software, receivedAt }: SoftwarePanelProps) {
  const [search, setSearch] = useState("");
  const [all, setAll] = useState(false);
  const found = software.filter((item) =>
    `${item.name} ${item.publisher ?? ""}`.toLowerCase().includes(search.toLowerCase()),
  );
  const shown = all || search ? found : found.slice(0, SHOWN);
  return (
    <Panel
      title={`Software · ${count(software.length)}`}
      description={
        <>
          Reported <Time at={receivedAt} />
        </>
      }
      flush
      actions={
        software.length > SHOWN && (
          <input
            type="search"
            aria-label="Search the software"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="h-8 w-40 rounded-control border border-control bg-field px-2.5 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
          />
        )
      }
    >
      <SimpleTable
        label="Installed software"
        head={["Name", "Version", "Publisher"]}
        rows={shown.map((item) => ({
          key: `${item.name}-${item.version}`,
          cells: [item.name, item.version ?? "—", item.publisher ?? "—"],
        }))}
        empty={search ? `Nothing is called “${search}”.` : "No software was reported."}
      />
      {!all && !search && found.length > SHOWN && (
        <button
          type="button"
          onClick={() => setAll(true)}
          className="h-10 w-full border-line border-t text-muted text-sm hover:bg-hover hover:text-text focus-visible:-outline-offset-2"
        >
          Show all {count(found.length)}
        </button>
      )}
    </Panel>
  );
}
