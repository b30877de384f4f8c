import { useSyncExternalStore } from "react";

const KEY = "deployflow.rail";
const listeners = new Set<() => void>();

export function toggleRail(): void {
  const root = document.documentElement;
  if (root.dataset.rail === "folded") delete root.dataset.rail;
  else root.dataset.rail = "folded";
  localStorage.setItem(KEY, root.dataset.rail ?? "open");
  for (const listener of listeners) listener();
}

export function useRailFolded(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => document.documentElement.dataset.rail === "folded",
    () => false,
  );
}
