import type { Action } from "@/lib/api/types";

const OPEN: readonly string[] = ["pending", "leased", "running"];

/** Something may still happen to it. */
export function isOpen(action: Pick<Action, "status">): boolean {
  return OPEN.includes(action.status);
}

/** Between the click on Cancel and the device's answer an action is neither running nor cancelled. */
export function actionStatus(action: Action): string {
  return action.cancel_requested_at && isOpen(action) ? "cancelling" : action.status;
}
