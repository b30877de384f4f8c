import type { Figure } from "@/features/overview/components/figures";
import type { Overview } from "@/lib/api/types";
import { count } from "@/lib/format";
import { paths } from "@/lib/paths";

/** The four figures of the first page. */
export function figuresOf({ devices, actions, needs_attention }: Overview): Figure[] {
  return [
    {
      label: "Devices online",
      value: count(devices.online),
      of: `of ${count(devices.total)}`,
      href: paths.devices,
      spark: { values: devices.spark.map((point) => point.value), shape: "line", className: "text-ok" },
    },
    {
      label: "Actions running",
      value: count(actions.running),
      of: actions.pending ? `${count(actions.pending)} waiting` : undefined,
      href: `${paths.actions}?f=status.in.pending,leased,running`,
      tone: actions.running > 0 ? "text-run" : undefined,
    },
    {
      label: "Actions failed today",
      value: count(actions.failed_today),
      href: `${paths.actions}?f=status.in.failed,timed_out,interrupted`,
      tone: actions.failed_today > 0 ? "text-bad" : undefined,
      spark: {
        values: actions.spark?.map((point) => point.value) ?? [],
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
