"use client";

import { useQuery } from "@tanstack/react-query";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Tag } from "@/components/tag";
import { Time } from "@/components/time";
import { toast } from "@/components/toasts";
import type { Session } from "@/lib/api/types";
import { sessionsQuery, useEndSession } from "../api";
import { browserName } from "../browser-name";

export function SessionsPanel() {
  const sessions = useQuery(sessionsQuery);
  return (
    <Panel title="Where you are signed in" flush>
      {sessions.isError ? (
        <ErrorState error={sessions.error} onRetry={() => sessions.refetch()} what="Your sessions" />
      ) : sessions.data ? (
        <ul className="divide-y divide-line">
          {sessions.data.items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      ) : (
        <PanelSkeleton rows={2} label="Loading your sessions" />
      )}
    </Panel>
  );
}

function SessionRow({ session }: { session: Session }) {
  const end = useEndSession();
  const name = browserName(session.user_agent);
  return (
    <li className="flex items-center gap-3 px-4 py-3 text-sm">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 font-medium">
          {name} {session.current && <Tag>this one</Tag>}
        </p>
        <p className="text-muted">
          {session.ip ?? "unknown address"} · last used <Time at={session.last_used_at} />
        </p>
      </div>
      {!session.current && (
        <Button
          size="sm"
          busy={end.isPending}
          aria-label={`Sign out ${name}`}
          onClick={() =>
            end.mutate(session.id, {
              onSuccess: () => toast.done(`${name} is signed out.`),
              onError: (error) => toast.failed("It is still signed in.", error),
            })
          }
        >
          Sign out
        </Button>
      )}
    </li>
  );
}
