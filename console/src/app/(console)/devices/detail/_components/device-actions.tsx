"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { ButtonLink } from "@/components/button";
import { Panel } from "@/components/panel";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { actionsQuery } from "@/features/actions/api";
import { ActionRows } from "@/features/actions/components/action-rows";
import type { Device } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

const SHOWN = 50;

export function DeviceActions({ device }: { device: Device }) {
  const can = useCan();
  const actions = useInfiniteQuery(
    actionsQuery({
      filters: [{ field: "device_id", op: "eq", value: device.id }],
      sort: "-created_at",
      limit: SHOWN,
    }),
  );
  if (actions.isPending) return <PanelSkeleton label="Loading the actions" />;
  if (actions.isError) {
    return <ErrorState error={actions.error} onRetry={() => actions.refetch()} what="The actions" />;
  }
  return (
    <Panel flush>
      {actions.data.items.length === 0 ? (
        <EmptyState
          icon={Activity}
          title="Nothing was run here yet"
          action={
            can("actions:run") &&
            device.state === "active" && (
              <ButtonLink href={paths.run({ device: [device.id] })} variant="primary">
                Run a script
              </ButtonLink>
            )
          }
        >
          Each script run on this device is kept here with its log and result.
        </EmptyState>
      ) : (
        <ActionRows actions={actions.data.items} />
      )}
      {actions.hasNextPage && (
        <div className="border-line border-t p-2 text-center">
          <ButtonLink variant="ghost" href={`${paths.actions}?f=device_id.eq.${device.id}`}>
            All actions of this device
          </ButtonLink>
        </div>
      )}
    </Panel>
  );
}
