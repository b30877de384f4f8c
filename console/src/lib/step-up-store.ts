import { useSyncExternalStore } from "react";

export type PendingStepUp = { retry: () => void };
let pending: PendingStepUp | null = null;
const listeners = new Set<() => void>();

/** An act the server wants confirmed with the password: it is done again once that was given. */
export function askStepUp(next: PendingStepUp | null): void {
  pending = next;
  for (const listener of listeners) listener();
}

export function usePendingStepUp(): PendingStepUp | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => pending,
    () => null,
  );
}
