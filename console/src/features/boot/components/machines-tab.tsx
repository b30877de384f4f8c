"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Network } from "lucide-react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListToolbar } from "@/components/list/list-toolbar";
import { EmptyState } from "@/components/states";
import type { DiscoveredMachine } from "@/lib/api/types";
import { useListUrl } from "@/lib/list/list-state";
import { machinesQuery } from "../api";
import { MACHINE_COLUMNS } from "./machine-columns";

type MachinesTabProps = { onOpen: (machine: DiscoveredMachine) => void };

export function MachinesTab({ onOpen }: MachinesTabProps) {
  const list = useListUrl("-last_seen_at");
  const machines = useInfiniteQuery(machinesQuery(list.request));
  const isEmpty = machines.data?.total === 0 && !list.isFiltered;
  return (
    <>
      {!isEmpty && (
        <ListToolbar
          list={list}
          searchLabel="Search MAC, serial, maker, model"
          filters={[]}
          columns={MACHINE_COLUMNS}
        />
      )}
      <DataTable
        label="Machines seen"
        query={machines}
        columns={MACHINE_COLUMNS}
        list={list}
        rowId={(machine) => machine.id}
        onOpen={onOpen}
        rowStamp={(machine) => `${machine.last_answer} ${machine.deployment_state}`}
        empty={
          list.isFiltered ? (
            <EmptyState
              icon={Network}
              title="No machine matches"
              action={<Button onClick={list.clear}>Clear the search</Button>}
            />
          ) : (
            <EmptyState icon={Network} title="No machine has asked yet">
              Point your DHCP server at a site's address, or run deployflow pxe beside it, and start a machine
              from the network.
            </EmptyState>
          )
        }
      />
    </>
  );
}
