"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Button } from "@/components/button";
import { Callout, Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { chosenDevicesQuery, devicesQuery } from "@/features/devices/api";
import { deviceStatus } from "@/features/devices/components/device-columns";
import type { Device } from "@/lib/api/types";
import { count, plural } from "@/lib/format";

type TargetsStepProps = {
  ids: string[];
  known: ReadonlyMap<string, Device>;
  onChange: (ids: string[], devices: Device[]) => void;
};

/** A large selection is counted, not listed: only so many are looked at one by one. */
const LISTED = 20;

export function TargetsStep({ ids, known, onChange }: TargetsStepProps) {
  const [picking, setPicking] = useState(ids.length === 0);
  const unknown = ids.filter((id) => !known.has(id));
  const looked = useQuery({
    ...chosenDevicesQuery(unknown.length <= LISTED ? unknown : []),
    placeholderData: keepPreviousData,
  });
  const fetched = new Map((looked.data ?? []).map((device) => [device.id, device]));
  const devices = ids.flatMap((id) => known.get(id) ?? fetched.get(id) ?? []);
  const away = devices.filter((device) => device.status === "offline");
  const refused = devices.filter((device) => device.state !== "active");
  const toggle = (device: Device) =>
    onChange(ids.includes(device.id) ? ids.filter((id) => id !== device.id) : [...ids, device.id], [device]);
  return (
    <Panel
      title={ids.length > 0 ? `Devices · ${count(ids.length)}` : "Devices"}
      flush
      actions={
        <Button size="sm" onClick={() => setPicking(!picking)} aria-expanded={picking}>
          {picking ? "Done choosing" : "Choose devices"}
        </Button>
      }
    >
      {picking && <DevicePicker chosen={ids} onToggle={toggle} />}
      {ids.length > 0 && (
        <div className="flex flex-col gap-3 p-4">
          <p role="status" className="text-muted text-sm">
            {devices.length < ids.length
              ? `${plural(ids.length, "device")} from your selection.`
              : away.length === 0
                ? `${ids.length === 1 ? "It is" : "All are"} online and will start at once.`
                : `${count(devices.length - away.length)} online, ${count(away.length)} away: those run it when they come back.`}
          </p>
          {looked.isError && (
            <Callout tone="bad" title="Some of these devices are not there any more">
              Remove them, or choose again.
            </Callout>
          )}
          {refused.length > 0 && (
            <Callout
              tone="wait"
              title={`${plural(refused.length, "device")} not approved`}
              actions={
                <Button
                  size="sm"
                  onClick={() =>
                    onChange(
                      ids.filter((id) => !refused.some((device) => device.id === id)),
                      [],
                    )
                  }
                >
                  Leave out
                </Button>
              }
            >
              {refused
                .slice(0, 3)
                .map((device) => device.hostname)
                .join(", ")}{" "}
              will not run it before somebody approves.
            </Callout>
          )}
          {devices.length > 0 && devices.length <= LISTED && (
            <ul aria-label="Chosen devices" className="flex flex-wrap gap-1.5">
              {devices.map((device) => (
                <li
                  key={device.id}
                  className="inline-flex h-8 max-w-full items-center gap-2 rounded-control border border-line-strong pl-2.5 text-sm"
                >
                  <StatusBadge status={deviceStatus(device)} />
                  <span className="truncate">{device.hostname}</span>
                  <button
                    type="button"
                    aria-label={`Leave out ${device.hostname}`}
                    onClick={() => toggle(device)}
                    className="grid h-full w-7 shrink-0 place-items-center rounded-control text-muted hover:bg-hover hover:text-text"
                  >
                    <X className="size-3.5" strokeWidth={1.5} aria-hidden />
                  </button>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Panel>
  );
}

type DevicePickerProps = { chosen: string[]; onToggle: (device: Device) => void };

function DevicePicker({ chosen, onToggle }: DevicePickerProps) {
  const [text, setText] = useState("");
  const devices = useInfiniteQuery(
    devicesQuery({
      q: useDeferredValue(text.trim()),
      sort: "hostname",
      limit: 50,
      filters: [{ field: "state", op: "eq", value: "active" }],
    }),
  );
  return (
    <div className="border-line border-b">
      <div className="relative border-line border-b">
        <Search className="absolute top-3 left-4 size-4 text-faint" strokeWidth={1.5} aria-hidden />
        <input
          type="search"
          aria-label="Search the devices"
          placeholder="Search name, serial, user, model"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-10 w-full bg-transparent pr-4 pl-10 text-sm focus-visible:-outline-offset-2"
        />
      </div>
      {devices.isError ? (
        <ErrorState error={devices.error} onRetry={() => devices.refetch()} what="The devices" />
      ) : devices.data ? (
        <ul aria-label="Devices" className="max-h-64 overflow-y-auto">
          {devices.data.items.map((device) => (
            <li key={device.id}>
              <label className="flex h-9 items-center gap-3 px-4 text-sm hover:bg-hover">
                <input
                  type="checkbox"
                  checked={chosen.includes(device.id)}
                  onChange={() => onToggle(device)}
                />
                <span className="min-w-0 flex-1 truncate font-medium">{device.hostname}</span>
                <span className="hidden truncate text-muted sm:block">{device.os.name}</span>
                <span className="w-20 shrink-0">
                  <StatusBadge status={deviceStatus(device)} />
                </span>
              </label>
            </li>
          ))}
          {devices.data.items.length === 0 && (
            <li className="px-4 py-6 text-center text-muted text-sm">No approved device matches.</li>
          )}
        </ul>
      ) : (
        <PanelSkeleton label="Loading the devices" />
      )}
    </div>
  );
}
