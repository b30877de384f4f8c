import { spawn } from "node:child_process";
import { DEPLOYFLOW, end } from "./programs.ts";
import type { Server } from "./server.ts";

export type Machine = {
  /** The next line of its screen that begins so; what follows it. */
  said: (beginning: string) => Promise<string>;
  /** Its exit code, once it is through. */
  ended: Promise<number | null>;
  stop: () => Promise<void>;
};

const SAYS_WITHIN_MS = 90_000;

type Options = { number?: number; seconds?: number; failAt?: number };

/** A machine that starts from the network: the simulated one, which speaks the boot protocol with a key of its own. */
export function startMachine(server: Server, { number = 1, seconds = 2, failAt = 0 }: Options = {}): Machine {
  const child = spawn(
    DEPLOYFLOW,
    [
      ...["boot", "simulate", "--url", server.url, "--data-dir", server.dataDir],
      ...["--number", String(number), "--seconds", String(seconds), "--fail-at", String(failAt)],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let screen = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      screen += chunk;
    });
  }
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  return {
    ended,
    stop: () => end(child, 5_000),
    said: async (beginning) => {
      const until = Date.now() + SAYS_WITHIN_MS;
      for (;;) {
        const line = screen
          .split("\n")
          .find((each, at, all) => at < all.length - 1 && each.startsWith(beginning));
        if (line !== undefined) return line.slice(beginning.length).trim();
        if (Date.now() > until || child.exitCode !== null)
          throw new Error(`The machine never said "${beginning}". Its screen:\n${screen}`);
        await new Promise((done) => setTimeout(done, 100));
      }
    },
  };
}
