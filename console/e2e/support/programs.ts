import { type ChildProcess, execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

/** The server's own command, which does here what a person does at a terminal. */
export const DEPLOYFLOW = resolve(import.meta.dirname, "../../../server/.venv/bin/deployflow");

export const run = promisify(execFile);

/** Ends a program as a service manager does, and for good when it does not listen. */
export async function end(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), withinMs);
  await ended;
  clearTimeout(hard);
}
