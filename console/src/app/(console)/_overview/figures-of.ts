import type { Figure } from "@/features/overview/components/figures";
import type { Overview } from "@/lib/api/types";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";

/** The four figures of the first page. */
export function figuresOf({ devices, actions, needs_attention }: Overview): Figure[] {
  const { online = 0, total = 0, spark: presence = [] } = devices;
  const { running = 0, pending = 0, failed_today: failed = 0, spark: failures = [] } = actions;
  return [
    {
      label: "Devices online",
      value: count(online),
      of: `of ${count(total)}`,
      href: paths.devices,
      spark: { values: presence.map((point) => point.value), shape: "line", className: "text-ok" },
    },
    {
      label: "Actions running",
      value: count(running),
      of: pending ? `${count(pending)} waiting` : undefined,
      href: `${paths.actions}?f=status.in.pending,leased,running`,
      tone: running > 0 ? "text-run" : undefined,
    },
    {
      label: "Actions failed today",
      value: count(failed),
      href: `${paths.actions}?f=status.in.failed,timed_out,interrupted`,
      tone: failed > 0 ? "text-bad" : undefined,
      spark: {
        values: failures.map((point) => point.value),
        shape: "bars",
        className: "text-bad",
      },
    },
    {
      label: "Needs attention",
      value: count(needs_attention.length),
      href: "#attention",
      tone: needs_attention.length > 0 ? "text-wait" : undefined,
    },
  ];
}
