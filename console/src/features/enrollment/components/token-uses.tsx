"use client";

import { useQuery } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import Link from "next/link";
import { ErrorState, Skeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { paths } from "@/lib/paths";
import { tokenUsesQuery } from "../api";

/** Who used a token, as it happens. */
export function TokenUses({ tokenId, waiting }: { tokenId: string; waiting: boolean }) {
  const uses = useQuery(tokenUsesQuery(tokenId, waiting));
  if (uses.isPending) return <Skeleton className="w-1/2" />;
  if (uses.isError)
    return <ErrorState error={uses.error} onRetry={() => uses.refetch()} what="Who used it" />;
  const items = uses.data.items;
  return (
    <div>
      {items.length === 0 && (
        <p role="status" className="flex items-center gap-2.5 text-muted text-sm">
          {waiting && <LoaderCircle className="spinning size-4 text-run" aria-hidden />}
          {waiting ? "Waiting for the first device…" : "No device has used it."}
        </p>
      )}
      <ul className="divide-y divide-line">
        {items.map((use) => (
          <li key={`${use.device.id}-${use.at}`} className="rise flex items-center gap-3 py-2 text-sm">
            <StatusBadge status={use.device.state} className="w-24" />
            <Link
              href={paths.device(use.device.id)}
              className="min-w-0 flex-1 truncate rounded-control font-medium hover:underline"
            >
              {use.device.hostname}
            </Link>
            <span className="hidden text-muted sm:block">{use.ip}</span>
            <span className="text-faint">
              <Time at={use.at} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
