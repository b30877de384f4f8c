import { useSyncExternalStore } from "react";

type Pending = { retry: () => void };
let pending: Pending | null = null;
const listeners = new Set<() => void>();

/** An act the server wants confirmed with the password: it is done again once that was given. */
export function askStepUp(next: Pending | null): void {
  pending = next;
  for (const listener of listeners) listener();
}

export function usePendingStepUp(): Pending | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => pending,
    () => null,
  );
}
