import type { Deployment, DeploymentState } from "@/lib/api/types";

export const LIVE_STATES: readonly DeploymentState[] = [
  "armed",
  "waiting_for_approval",
  "running",
  "awaiting_first_boot",
  "finishing",
];

export function isLive(state: DeploymentState): boolean {
  return LIVE_STATES.includes(state);
}

/** The word a person needs: a machine that fell silent is not simply running. */
export function shownState(deployment: Deployment): string {
  return deployment.silent ? "silent" : deployment.state;
}

// What needs somebody first, what nobody has to look at last.
const ORDER: readonly string[] = [
  "failed",
  "silent",
  "waiting_for_approval",
  "running",
  "finishing",
  "awaiting_first_boot",
  "armed",
];

/** Failed ones first, then by how near a person's attention is; the newest of equals first. */
export function byNeed(deployments: readonly Deployment[]): Deployment[] {
  const place = (deployment: Deployment) => {
    const at = ORDER.indexOf(shownState(deployment));
    return at < 0 ? ORDER.length : at;
  };
  return [...deployments].sort(
    (a, b) => place(a) - place(b) || Date.parse(b.created_at) - Date.parse(a.created_at),
  );
}

/** What the machine is called before and after it has a name. */
export function titleOf(deployment: Deployment): string {
  const { machine } = deployment;
  return (
    deployment.computer_name ??
    deployment.device?.hostname ??
    machine.serial ??
    machine.mac ??
    "Unknown machine"
  );
}

export function modelOf(deployment: Deployment): string {
  const { manufacturer, model } = deployment.machine;
  return [manufacturer, model].filter(Boolean).join(" ") || "Unknown model";
}

/** Whole-run progress: finished steps, and the share of the one that runs. */
export function overallPercent(deployment: Deployment): number | null {
  const { done, total } = deployment.step;
  if (deployment.state === "succeeded") return 100;
  if (total === 0) return deployment.state === "armed" ? 0 : null;
  const running = (deployment.progress?.percent ?? 0) / 100;
  return Math.min(100, ((done + Math.min(1, running)) / total) * 100);
}

/** Seconds that are left at the present rate, where both are known. */
export function secondsLeft(deployment: Deployment): number | null {
  const progress = deployment.progress;
  if (!progress?.bytes_total || !progress.bytes_per_s || progress.bytes_done === null) return null;
  return Math.max(0, (progress.bytes_total - progress.bytes_done) / progress.bytes_per_s);
}

/** Why a deployment waits, and what ends it. */
export function waitsFor(deployment: Deployment): string | null {
  if (deployment.reason) return deployment.reason;
  switch (deployment.state) {
    case "armed":
      return "Waits for the machine to start from the network";
    case "waiting_for_approval":
      return "The machine started anew: approve it by the code on its screen";
    case "awaiting_first_boot":
      return "Waits for the installed system to start and enroll";
    default:
      return deployment.silent ? "Its machine has not been heard for a minute" : null;
  }
}
