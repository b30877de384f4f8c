import { useEffect, useSyncExternalStore } from "react";

let title = "";
const listeners = new Set<() => void>();

function setTitle(next: string): void {
  title = next;
  for (const listener of listeners) listener();
}

/** Names the page in the browser's tab and in the breadcrumb. */
export function usePageTitle(next: string): void {
  // External system: the document's title.
  useEffect(() => {
    setTitle(next);
    document.title = next ? `${next} · DeployFlow` : "DeployFlow";
    return () => setTitle("");
  }, [next]);
}

export function useCurrentTitle(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => title,
    () => "",
  );
}
