"use client";

import { useQuery } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { ButtonLink } from "@/components/button";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { deviceQuery } from "@/features/devices/api";
import { deviceStatus } from "@/features/devices/components/device-columns";
import { tokenUsesQuery, useCreateToken } from "@/features/enrollment/api";
import { InstallLines } from "@/features/enrollment/components/install-lines";
import { useLiveEvents } from "@/lib/live/use-live-events";
import { paths } from "@/lib/paths";

const DAY_MS = 86_400_000;
const FIRST_USES = 10;

export function FirstDeviceStep() {
  const create = useCreateToken();
  useLiveEvents();
  const begun = useRef(false);
  const make = () =>
    create.mutate({
      name: "First devices",
      description: "Made while setting up",
      expires_at: new Date(Date.now() + DAY_MS).toISOString(),
      max_uses: FIRST_USES,
      auto_approve: true,
      tags: [],
      allowed_networks: [],
    });
  // External system: the server, which makes the first token once.
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    make();
  });
  if (create.isError) return <ErrorState error={create.error} onRetry={make} what="The line" />;
  if (!create.data) return <PanelSkeleton label="Making the line" />;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted text-sm">Run one of these lines on a computer you want to manage.</p>
      <InstallLines created={create.data} />
      <FirstDevice tokenId={create.data.id} />
    </div>
  );
}

function FirstDevice({ tokenId }: { tokenId: string }) {
  const uses = useQuery(tokenUsesQuery(tokenId, true));
  const first = uses.data?.items[0];
  if (first) return <DeviceCard deviceId={first.device.id} hostname={first.device.hostname} />;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p role="status" className="flex items-center gap-2.5 text-muted text-sm">
        <LoaderCircle className="spinning size-4 text-run" aria-hidden />
        Waiting for the first device…
      </p>
      <ButtonLink href={paths.overview} variant="ghost">
        Later
      </ButtonLink>
    </div>
  );
}

function DeviceCard({ deviceId, hostname }: { deviceId: string; hostname: string }) {
  const device = useQuery(deviceQuery(deviceId));
  return (
    <div
      role="status"
      className="rise flex flex-wrap items-center gap-x-4 gap-y-3 rounded-panel border border-ok/40 bg-ok-soft p-4"
    >
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-3">
          <Link
            href={paths.device(deviceId)}
            className="break-all rounded-control font-semibold hover:underline"
          >
            {device.data?.hostname ?? hostname}
          </Link>
          {device.data && <StatusBadge status={deviceStatus(device.data)} />}
        </p>
        <p className="text-muted text-sm">
          {[device.data?.os.name, device.data?.hardware.model].filter(Boolean).join(" · ") ||
            "It is enrolled."}
        </p>
      </div>
      <div className="flex gap-2">
        <ButtonLink href={paths.run({ device: [deviceId] })}>Run a script</ButtonLink>
        <ButtonLink href={paths.overview} variant="primary">
          To the overview
        </ButtonLink>
      </div>
    </div>
  );
}
