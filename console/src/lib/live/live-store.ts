import { useSyncExternalStore } from "react";

/** `live`: events arrive. `reconnecting`: the stream is down and lists are polled. `off`: nobody is signed in. */
export type LiveState = "off" | "connecting" | "live" | "reconnecting";

let state: LiveState = "off";
const listeners = new Set<() => void>();

export function setLiveState(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
    () => "off",
  );
}
