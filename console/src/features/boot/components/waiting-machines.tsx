"use client";

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { ErrorState } from "@/components/states";
import { Time } from "@/components/time";
import type { BootSession } from "@/lib/api/types";
import { bytes, plural } from "@/lib/format";
import { useCan } from "@/lib/session";
import { waitingSessionsQuery } from "../api";
import { machineTitle } from "../machine-title";

const ApproveDialog = lazy(() =>
  import("./approve-dialog").then((module) => ({ default: module.ApproveDialog })),
);

/** Machines that stand in the boot environment until somebody compares their code. Nothing where none does. */
export function WaitingMachines() {
  const can = useCan();
  const waiting = useQuery({ ...waitingSessionsQuery, enabled: can("boot:read") });
  // The machine itself, not its place in the list: it leaves that before its approval is answered.
  const [open, setOpen] = useState<BootSession | null>(null);
  if (waiting.isError && !waiting.data) {
    return <ErrorState error={waiting.error} onRetry={() => waiting.refetch()} what="Machines to approve" />;
  }
  const sessions = waiting.data ?? [];
  return (
    <>
      {sessions.length > 0 && <List sessions={sessions} onOpen={setOpen} />}
      <Suspense>{open && <ApproveDialog session={open} onClose={() => setOpen(null)} />}</Suspense>
    </>
  );
}

type ListProps = { sessions: BootSession[]; onOpen: (session: BootSession) => void };

function List({ sessions, onOpen }: ListProps) {
  const can = useCan();
  return (
    <Panel
      flush
      className="mb-5 border-wait/40"
      title={`${plural(sessions.length, "machine")} ${sessions.length === 1 ? "waits" : "wait"} for approval`}
      description="Compare the code with the one on the machine's screen. Another code means somebody stands between it and this server."
    >
      <ul>
        {sessions.map((session) => (
          <li
            key={session.id}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-5 gap-y-2 border-line border-t px-4 py-3 first:border-t-0 sm:grid-cols-[auto_minmax(0,1fr)_auto]"
          >
            <span className="font-mono text-lg tracking-wide">{session.code}</span>
            <span className="order-last col-span-2 min-w-0 text-sm sm:order-none sm:col-span-1">
              <span className="block truncate font-medium">{machineTitle(session)}</span>
              <span className="block truncate text-muted">
                {[
                  session.facts.serial && `serial ${session.facts.serial}`,
                  session.facts.mac_addresses?.[0],
                  session.facts.firmware.toUpperCase(),
                  bytes(session.facts.memory_bytes),
                  session.site.name,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
              <span className="block truncate text-muted">
                {session.reason ?? (session.profile ? `Chose ${session.profile.name}` : "Chose no profile")}
                {", "}
                <Time at={session.created_at} />
              </span>
            </span>
            {can("deployments:approve") && (
              <Button variant="primary" onClick={() => onOpen(session)}>
                Compare
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
