import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Api } from "./api.ts";
import { DEPLOYFLOW, run } from "./programs.ts";
import type { Server } from "./server.ts";

const FILES = ["Windows/System32/winload.efi", "Windows/Boot/EFI/bootmgfw.efi", "Users/Default/hello.txt"];

/** Imports a small WIM with one edition by the command line, as an administrator would. Nothing in it is Microsoft's. */
export async function importWindows(api: Api, server: Server, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "deployflow-wim-"));
  try {
    for (const file of FILES) {
      mkdirSync(dirname(join(folder, "tree", file)), { recursive: true });
      writeFileSync(join(folder, "tree", file), "nothing of Microsoft's\n".repeat(4000));
    }
    const wim = join(folder, "install.wim");
    await run("wimlib-imagex", [
      ...["capture", join(folder, "tree"), wim, "Windows 11 Pro", "Made for a test", "--no-acls"],
      "--image-property=WINDOWS/ARCH=9",
    ]);
    await run(DEPLOYFLOW, [
      ...["image", "import", wim, "--name", name, "--image-version", "24H2", "--data-dir", server.dataDir],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { items } = await api.get<{ items: { id: string; name: string; state: string }[] }>("/images");
  const image = items.find((each) => each.name === name && each.state === "ready");
  if (!image) throw new Error(`${name} is not ready: ${JSON.stringify(items)}`);
  return image.id;
}
