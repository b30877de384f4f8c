import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEPLOYFLOW, end } from "./programs.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const START_MS = 60_000;

export type Server = {
  url: string;
  setupUrl: string;
  dataDir: string;
  stop: () => Promise<void>;
  restart: () => Promise<void>;
};

/** The real server with the built console, on a free port and a data folder of its own. */
export async function startServer(): Promise<Server> {
  if (!existsSync(DEPLOYFLOW)) throw new Error(`There is no ${DEPLOYFLOW}. Run: make up`);
  if (!existsSync(join(ROOT, "console/out/index.html")))
    throw new Error("The console is not built. Run: npm run build");
  const dataDir = mkdtempSync(join(tmpdir(), "deployflow-e2e-"));
  const port = await freePort();
  const first = await run(dataDir, port);
  let child = first.child;
  return {
    url: first.url,
    setupUrl: first.setupUrl,
    dataDir,
    stop: async () => {
      await end(child, 15_000);
      rmSync(dataDir, { recursive: true, force: true });
    },
    restart: async () => {
      await end(child, 15_000);
      ({ child } = await run(dataDir, port));
    },
  };
}

async function run(dataDir: string, port: number) {
  const child = spawn(DEPLOYFLOW, ["serve", "--data-dir", dataDir, "--port", String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: dataDir,
  });
  const url = `http://127.0.0.1:${port}`;
  const output = await untilReady(child, url);
  return { child, url, setupUrl: /http\S+\/setup\/#token=\S+/.exec(output)?.[0] ?? "" };
}

function untilReady(child: ChildProcess, url: string): Promise<string> {
  return new Promise((done, fail) => {
    let output = "";
    let ready = false;
    const timer = setTimeout(() => fail(new Error(`The server did not start:\n${output}`)), START_MS);
    const read = (chunk: Buffer) => {
      output += chunk;
      // The line of the set-up link, if there is one, comes right after the one that says "ready".
      if (!ready && output.includes(`ready: ${url}`)) {
        ready = true;
        clearTimeout(timer);
        setTimeout(() => done(output), 500);
      }
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("exit", (code) => fail(new Error(`The server ended with ${code}:\n${output}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}
