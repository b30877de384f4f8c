import { isFinal, Timeline } from "@/components/timeline";
import type { ActionDetail } from "@/lib/api/types";

export function ActionTimeline({ action }: { action: ActionDetail }) {
  const steps = action.timeline.map((step, index) => ({
    status: step.status,
    at: step.at,
    until: isFinal(step.status) ? null : (action.timeline[index + 1]?.at ?? null),
    reason: step.reason,
    last: index === action.timeline.length - 1,
  }));
  return <Timeline steps={steps} />;
}
