"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import type { Column } from "@/components/list/columns";
import { DataTable } from "@/components/list/data-table";
import { EmptyState } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { TechnicianPin } from "@/lib/api/types";
import { count } from "@/lib/format";
import { useListUrl } from "@/lib/list/list-state";
import { useCan } from "@/lib/session";
import { pinsQuery, useRevokePin } from "../api";
import { PinSheet } from "./pin-sheet";

export function PinsTab() {
  const can = useCan();
  const list = useListUrl("-created_at");
  const pins = useInfiniteQuery(pinsQuery(list.request));
  const revoke = useRevokePin();
  const [making, setMaking] = useState(false);
  const make = can("deployments:approve") && (
    <Button variant="primary" onClick={() => setMaking(true)}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New PIN
    </Button>
  );
  const end = (pin: TechnicianPin) =>
    revoke.mutate(pin, {
      onSuccess: () => toast.done(`The PIN of ${pin.name} no longer works.`),
      onError: (error) => toast.failed("The PIN could not be revoked.", error),
    });
  return (
    <>
      {(pins.data?.items.length ?? 0) > 0 && <div className="mb-4 flex justify-end">{make}</div>}
      <DataTable
        label="Technicians' PINs"
        query={pins}
        columns={columns(can("deployments:approve") ? end : null)}
        list={list}
        rowId={(pin) => pin.id}
        rowStamp={(pin) => `${pin.state} ${pin.uses}`}
        empty={
          <EmptyState icon={KeyRound} title="No PIN yet" action={make}>
            With a PIN a technician approves machines while standing at them, at one site and for some hours.
          </EmptyState>
        }
      />
      {making && <PinSheet onClose={() => setMaking(false)} />}
    </>
  );
}

function columns(onEnd: ((pin: TechnicianPin) => void) | null): Column<TechnicianPin>[] {
  return [
    { id: "name", header: "For", width: 160, grow: 2, phone: true, cell: (pin) => pin.name },
    {
      id: "state",
      header: "State",
      width: 110,
      grow: 0,
      phone: true,
      cell: (pin) => <StatusBadge status={pin.state} />,
    },
    { id: "site", header: "Site", width: 130, cell: (pin) => pin.site.name },
    { id: "uses", header: "Used", width: 80, grow: 0, align: "right", cell: (pin) => count(pin.uses) },
    { id: "last", header: "Last used", width: 120, grow: 0, cell: (pin) => <Time at={pin.last_used_at} /> },
    { id: "until", header: "Works until", width: 120, grow: 0, cell: (pin) => <Time at={pin.expires_at} /> },
    { id: "by", header: "Made by", width: 140, cell: (pin) => pin.created_by },
    {
      id: "end",
      header: "",
      width: 96,
      grow: 0,
      align: "right",
      cell: (pin) =>
        onEnd &&
        pin.state === "usable" && (
          <Button size="sm" onClick={() => onEnd(pin)} aria-label={`Revoke the PIN of ${pin.name}`}>
            Revoke
          </Button>
        ),
    },
  ];
}
