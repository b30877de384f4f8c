"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Button } from "@/components/button";
import { Popover } from "@/components/popover";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { devicesQuery } from "@/features/devices/api";

export type ChosenDevice = { id: string; name: string };
type DeviceChoiceProps = { chosen: ChosenDevice | null; onChoose: (device: ChosenDevice | null) => void };

/** Which device the profile is held against. */
export function DeviceChoice({ chosen, onChoose }: DeviceChoiceProps) {
  return (
    <Popover
      title="Choose a device"
      trigger={
        <Button size="sm" className="max-w-44">
          <span className="truncate">{chosen ? `On ${chosen.name}` : "On any machine"}</span>
          <ChevronDown className="size-4 text-muted" strokeWidth={1.5} aria-hidden />
        </Button>
      }
    >
      {(close) => (
        <DeviceList
          onChoose={(device) => {
            onChoose(device);
            close();
          }}
        />
      )}
    </Popover>
  );
}

function DeviceList({ onChoose }: { onChoose: (device: ChosenDevice | null) => void }) {
  const [text, setText] = useState("");
  const devices = useInfiniteQuery(
    devicesQuery({ q: useDeferredValue(text.trim()), sort: "hostname", limit: 50 }),
  );
  return (
    <div className="-m-3">
      <div className="relative border-line border-b">
        <Search className="absolute top-3 left-3 size-4 text-faint" strokeWidth={1.5} aria-hidden />
        <input
          type="search"
          aria-label="Search the devices"
          placeholder="Search name, serial, model"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-10 w-full bg-transparent pr-3 pl-9 text-sm focus-visible:-outline-offset-2"
        />
      </div>
      <ul aria-label="Devices" className="max-h-64 overflow-y-auto p-1">
        <li>
          <Row label="Any machine" onClick={() => onChoose(null)} />
        </li>
        {devices.isError ? (
          <li>
            <ErrorState error={devices.error} onRetry={() => devices.refetch()} what="The devices" />
          </li>
        ) : devices.data ? (
          devices.data.items.map((device) => (
            <li key={device.id}>
              <Row
                label={device.hostname}
                detail={device.hardware.model ?? undefined}
                onClick={() => onChoose({ id: device.id, name: device.hostname })}
              />
            </li>
          ))
        ) : (
          <li>
            <PanelSkeleton label="Loading the devices" />
          </li>
        )}
        {devices.data?.items.length === 0 && (
          <li className="px-2.5 py-4 text-center text-muted text-sm">No device matches.</li>
        )}
      </ul>
    </div>
  );
}

type RowProps = { label: string; detail?: string; onClick: () => void };

function Row({ label, detail, onClick }: RowProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex h-8 w-full items-center gap-3 rounded-control px-2.5 text-left text-sm hover:bg-hover"
    >
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {detail && <span className="min-w-0 truncate text-faint text-xs">{detail}</span>}
    </button>
  );
}
