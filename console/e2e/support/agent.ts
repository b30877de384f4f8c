import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { end, run } from "./programs.ts";

const BINARY = resolve(import.meta.dirname, "../../../agent/dist/linux-x64/deployflow-agent");
export const agentMissing = existsSync(BINARY) ? null : `There is no ${BINARY}. Run: make agent`;

export type Agent = { stop: () => Promise<void> };

/** Does what a person does: pastes the line the console shows. Then keeps the agent running, as its service would. */
export async function enrollByLine(line: string): Promise<Agent> {
  const home = mkdtempSync(join(tmpdir(), "deployflow-agent-"));
  const dataDir = join(home, "data");
  const environment = {
    ...process.env,
    DEPLOYFLOW_PREFIX: join(home, "bin"),
    DEPLOYFLOW_DATA_DIR: dataDir,
    DEPLOYFLOW_SERVICE: "no",
  };
  // The test runs as whoever it is, into a folder of its own: nothing there needs root.
  await run("sh", ["-c", line.replace(/\bsudo /, "")], { env: environment, timeout: 90_000 });
  const child = spawn(join(home, "bin/deployflow-agent"), ["run", "--data-dir", dataDir], {
    stdio: "ignore",
  });
  return {
    stop: async () => {
      await end(child, 10_000);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
