import { useSyncExternalStore } from "react";

/** What stands behind the `#`: tokens travel there because browsers never send it to a server or into a log. */
export function useFragment(): string | null {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("hashchange", listener);
      return () => window.removeEventListener("hashchange", listener);
    },
    () => location.hash.slice(1),
    () => null,
  );
}

/** Both `#dfs_…` and `#token=dfs_…` are understood. */
export function tokenOf(fragment: string): string {
  return decodeURIComponent(fragment.startsWith("token=") ? fragment.slice("token=".length) : fragment);
}
