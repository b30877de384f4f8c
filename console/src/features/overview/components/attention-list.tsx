import { CircleCheck, CircleHelp, KeyRound, type LucideIcon, Monitor, Network, X } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "@/components/button";
import { EmptyState } from "@/components/states";
import { Time } from "@/components/time";
import type { Attention } from "@/lib/api/types";
import { cn } from "@/lib/cn";

type Look = { icon: LucideIcon; tone: string; act: string };

const LOOKS: Record<string, Look> = {
  device_pending: { icon: Monitor, tone: "text-wait", act: "Review" },
  device_quarantined: { icon: CircleHelp, tone: "text-odd", act: "Review" },
  action_failed: { icon: X, tone: "text-bad", act: "See the log" },
  machine_waiting: { icon: Network, tone: "text-wait", act: "Compare the code" },
  deployment_failed: { icon: X, tone: "text-bad", act: "See the log" },
  token_expiring: { icon: KeyRound, tone: "text-wait", act: "Renew" },
};
const UNKNOWN: Look = { icon: CircleHelp, tone: "text-odd", act: "Open" };

/** What waits for somebody, each with its next act. */
export function AttentionList({ items }: { items: Attention[] }) {
  if (items.length === 0) {
    return (
      <EmptyState icon={CircleCheck} title="Nothing needs you">
        What waits for approval and what failed appears here.
      </EmptyState>
    );
  }
  return (
    <ul className="divide-y divide-line">
      {items.map((item) => {
        const look = LOOKS[item.kind] ?? UNKNOWN;
        const Icon = look.icon;
        return (
          <li key={`${item.kind}-${item.href}-${item.at}`} className="flex items-center gap-3 px-4 py-2.5">
            <Icon className={cn("size-4 shrink-0", look.tone)} strokeWidth={1.75} aria-hidden />
            <div className="min-w-0 flex-1 text-sm">
              <Link href={item.href} className="block truncate rounded-control font-medium hover:underline">
                {item.title}
              </Link>
              <p className="line-clamp-2 text-muted sm:line-clamp-1">{item.detail}</p>
            </div>
            <span className="hidden shrink-0 text-faint text-sm sm:block">
              <Time at={item.at} />
            </span>
            <ButtonLink href={item.href} size="sm" aria-label={`${look.act}: ${item.title}`}>
              {look.act}
            </ButtonLink>
          </li>
        );
      })}
    </ul>
  );
}
