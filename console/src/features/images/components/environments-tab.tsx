"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { CommandLine } from "@/components/command-line";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Hash } from "@/components/hash";
import { Callout, Facts, Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Tag } from "@/components/tag";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { BootEnvironment, BootEnvironments } from "@/lib/api/types";
import { bytes } from "@/lib/format";
import { useCan } from "@/lib/session";
import { environmentsQuery, useDeleteEnvironment } from "../api";
import { WimbootPanel } from "./wimboot-panel";

const WinpeSheet = lazy(() => import("./winpe-sheet").then((module) => ({ default: module.WinpeSheet })));

/** What netbooting machines run. The newest ready one of a kind is started. */
export function EnvironmentsTab() {
  const environments = useQuery(environmentsQuery);
  const [making, setMaking] = useState(false);
  const can = useCan();
  if (environments.isError && !environments.data) {
    return (
      <ErrorState
        error={environments.error}
        onRetry={() => environments.refetch()}
        what="Boot environments"
      />
    );
  }
  if (!environments.data) return <PanelSkeleton rows={5} label="Loading boot environments" />;
  const { items } = environments.data;
  return (
    <div className="flex max-w-240 flex-col gap-5">
      <Kind
        kind="linux"
        title="Linux"
        description="Our own small environment. It deploys Windows and needs nothing from Microsoft."
        items={items}
        empty={
          <div className="flex flex-col gap-3 text-muted text-sm">
            <p>
              None is built yet: machines of a site that wants Linux start from their disk. On the server:
            </p>
            <CommandLine value="deployflow boot build" label="Copy the command" />
          </div>
        }
      />
      <Kind
        kind="winpe"
        title="WinPE"
        description="Windows' own environment, taken out of an imported ISO; the agent and drivers are put into it."
        items={items}
        actions={
          can("boot:publish") && (
            <Button onClick={() => setMaking(true)}>
              <Plus className="size-4" strokeWidth={1.5} aria-hidden />
              Build WinPE
            </Button>
          )
        }
        empty={
          <p className="text-muted text-sm">
            None is built yet, and none is needed while every site starts Linux.
            {can("boot:publish")
              ? " Import a Windows ISO, then build WinPE of it."
              : " Building it needs the permission to publish boot environments."}
          </p>
        }
      />
      <WimbootPanel wimboot={environments.data.wimboot} />
      <Suspense>
        {making && <WinpeSheet wimboot={environments.data.wimboot} onClose={() => setMaking(false)} />}
      </Suspense>
    </div>
  );
}

type KindProps = {
  kind: BootEnvironment["kind"];
  title: string;
  description: string;
  items: BootEnvironments["items"];
  actions?: React.ReactNode;
  empty: React.ReactNode;
};

function Kind({ kind, title, description, items, actions, empty }: KindProps) {
  const shown = items.filter((item) => item.kind === kind);
  const started = [...shown]
    .filter((item) => item.state === "ready")
    .sort((a, b) => (b.made_at ?? "").localeCompare(a.made_at ?? ""))[0];
  return (
    <Panel title={title} description={description} actions={actions} flush>
      {shown.length === 0 ? (
        <div className="p-4">{empty}</div>
      ) : (
        <ul className="divide-y divide-line" aria-label={`${title} environments`}>
          {shown.map((item) => (
            <li key={item.id}>
              <EnvironmentRow environment={item} started={item === started} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function EnvironmentRow({ environment, started }: { environment: BootEnvironment; started: boolean }) {
  const can = useCan();
  const remove = useDeleteEnvironment();
  const [asking, setAsking] = useState(false);
  const { name, state, environment_version, files, driver_packs, made_from } = environment;
  const size = files.reduce((sum, file) => sum + file.size_bytes, 0);
  return (
    <div className="p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="break-words font-medium">{name}</span>
            <span className="text-muted text-sm">{environment_version}</span>
            {started && <Tag>started now</Tag>}
          </p>
          <p className="text-muted text-sm">
            {state === "ready" ? "Built " : "Begun "}
            <Time at={environment.made_at ?? environment.created_at} /> by {environment.made_by}
            {made_from && <> from {made_from}</>} · {environment.architecture}
            {size > 0 && ` · ${bytes(size)}`}
          </p>
        </div>
        <StatusBadge status={state} className="pt-0.5" />
        {can("boot:publish") && state !== "making" && (
          <Button size="sm" variant="ghost" onClick={() => setAsking(true)} aria-label={`Delete ${name}`}>
            Delete
          </Button>
        )}
      </div>
      {state === "failed" && (
        <div className="mt-3">
          <Callout tone="bad" title="It could not be built">
            {environment.error_message}{" "}
            <span className="font-mono text-faint text-xs">{environment.error_code}</span>
          </Callout>
        </div>
      )}
      {files.length > 0 && (
        <details className="mt-2">
          <summary className="w-fit rounded-control text-muted text-sm underline decoration-line-strong underline-offset-3 hover:text-text">
            Its files and checksums
          </summary>
          <Facts
            className="mt-3"
            facts={[
              ...files.map((file) => ({
                label: file.name,
                value: (
                  <>
                    <span className="text-muted">{bytes(file.size_bytes)}</span>
                    <Hash value={file.sha256} label={`Copy the SHA-256 of ${file.name}`} />
                  </>
                ),
              })),
              ...(driver_packs.length > 0
                ? [{ label: "Drivers in it", value: driver_packs.join(", ") }]
                : []),
            ]}
          />
        </details>
      )}
      <ConfirmDialog
        open={asking}
        onOpenChange={(open) => {
          remove.reset();
          setAsking(open);
        }}
        title={`Delete ${name}`}
        confirmLabel="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(environment, {
            onSuccess: () => {
              setAsking(false);
              toast.done(`${name} is deleted.`);
            },
          })
        }
      >
        {started
          ? "It is what machines start now, for every organisation on this server. From then on they start the newest one before it, or their own disk."
          : "Machines do not start it now. It cannot be had back."}
      </ConfirmDialog>
    </div>
  );
}
