import { type ComponentType, lazy } from "react";

/** As long as a server takes to restart, and a little more. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/** A part of the console that is fetched when it is first shown, and waited for while the server is away. */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  return lazy(async () => ({ default: await patiently(load) }));
}

export async function patiently<Part>(load: () => Promise<Part>, pauses = PAUSES_MS): Promise<Part> {
  for (const pause of pauses) {
    try {
      return await load();
    } catch {
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return load();
}
