import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FolderTooLarge, zipFolder } from "./zip";

const file = (text: string) => new File([text], "x");

test("a folder becomes a zip that another program reads", async () => {
  const files = { "T14/net/e1d.inf": "[Version]\r\n", "T14/Größe.txt": "größer", "T14/empty.cat": "" };
  const zip = await zipFolder(Object.entries(files).map(([path, text]) => ({ path, file: file(text) })));
  const folder = mkdtempSync(join(tmpdir(), "deployflow-zip-"));
  try {
    writeFileSync(join(folder, "a.zip"), new Uint8Array(await zip.arrayBuffer()));
    const program =
      "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])";
    execFileSync("python3", ["-c", program, join(folder, "a.zip"), folder]);
    for (const [path, text] of Object.entries(files))
      expect(readFileSync(join(folder, path), "utf8")).toBe(text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the same folder makes the same bytes", async () => {
  const make = async () => (await zipFolder([{ path: "a.inf", file: file("a") }])).arrayBuffer();
  expect(new Uint8Array(await make())).toEqual(new Uint8Array(await make()));
});

test("too many files are refused with what to do", async () => {
  const many = Array.from({ length: 10_001 }, (_, at) => ({ path: `${at}`, file: file("") }));
  await expect(zipFolder(many)).rejects.toThrow(FolderTooLarge);
  await expect(zipFolder(many)).rejects.toThrow(/make a zip or cab/);
});
