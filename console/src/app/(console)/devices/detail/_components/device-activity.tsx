"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { auditQuery } from "@/features/audit/api";
import { EventLines } from "@/features/audit/components/event-line";

export function DeviceActivity({ deviceId }: { deviceId: string }) {
  const events = useInfiniteQuery(
    auditQuery({ filters: [{ field: "target_id", op: "eq", value: deviceId }], limit: 50 }),
  );
  if (events.isPending) return <PanelSkeleton label="Loading the activity" />;
  if (events.isError) {
    return <ErrorState error={events.error} onRetry={() => events.refetch()} what="The activity" />;
  }
  return (
    <Panel flush>
      {events.data.items.length === 0 ? (
        <p className="px-4 py-8 text-center text-muted text-sm">Nobody has changed this device yet.</p>
      ) : (
        <EventLines events={events.data.items} />
      )}
      {events.hasNextPage && (
        <div className="border-line border-t p-2 text-center">
          <Button variant="ghost" busy={events.isFetchingNextPage} onClick={() => events.fetchNextPage()}>
            Older
          </Button>
        </div>
      )}
    </Panel>
  );
}
