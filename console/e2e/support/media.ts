import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const SERVER = resolve(import.meta.dirname, "../../../server");

/** Real files, made by the programs that people make them with. */
export function makeWim(folder: string, megabytes: number): string {
  const root = join(folder, "root");
  mkdirSync(join(root, "Windows/System32"), { recursive: true });
  // Noise: it stays as large in the WIM.
  writeFileSync(join(root, "Windows/System32/noise.bin"), randomBytes(megabytes * 1024 * 1024));
  const wim = join(folder, "install.wim");
  wimlib("capture", root, wim, "Windows 11 Pro", "For work", "--compress=none");
  writeFileSync(join(root, "Windows/enterprise.txt"), "more of it");
  wimlib("append", root, wim, "Windows 11 Enterprise");
  return wim;
}

function wimlib(...words: string[]): void {
  execFileSync("wimlib-imagex", words, { stdio: "ignore" });
}

/** A Windows ISO in small, and a wimboot, as the server's own tests make them. */
export function makeDisc(folder: string): { iso: string; wimboot: string } {
  const iso = join(folder, "Win11_24H2_English_x64.iso");
  const wimboot = join(folder, "wimboot");
  const program = [
    "import pathlib, sys",
    "from tests.factories import media",
    "pathlib.Path(sys.argv[1]).write_bytes(media.make_iso().read_bytes())",
    "pathlib.Path(sys.argv[2]).write_bytes(media.wimboot())",
  ].join("; ");
  execFileSync(join(SERVER, ".venv/bin/python"), ["-c", program, iso, wimboot], { cwd: SERVER });
  return { iso, wimboot };
}

const INF = `[Version]
Signature="$WINDOWS NT$"
Class=Net
ClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}
Provider=%Maker%
DriverVer=03/14/2026,12.19.2.45
[Manufacturer]
%Maker%=Models,NTamd64
[Models.NTamd64]
"Gigabit"=Install,PCI\\VEN_8086&DEV_15B8
"Gigabit 2"=Install,PCI\\VEN_8086&DEV_15B9
[Strings]
Maker="Intel"
`;

/** A folder of drivers, one of them broken; and the same as a zip. */
export function makeDrivers(folder: string): { folder: string; zip: string } {
  const root = join(folder, "Latitude 54x0");
  mkdirSync(join(root, "net"), { recursive: true });
  mkdirSync(join(root, "video"), { recursive: true });
  writeFileSync(join(root, "net/e1d.inf"), INF);
  writeFileSync(join(root, "net/e1d.sys"), randomBytes(300_000));
  writeFileSync(join(root, "video/broken.inf"), "this is no INF file\n");
  const zip = join(folder, "latitude.zip");
  execFileSync("python3", ["-m", "zipfile", "-c", zip, root]);
  return { folder: root, zip };
}

/** What WinPE gets as its agent; nothing here starts it. */
export function makeAgents(folder: string): string {
  const agents = join(folder, "agents");
  mkdirSync(agents, { recursive: true });
  writeFileSync(join(agents, "deployflow-agent.exe"), "MZ");
  execFileSync("python3", ["-m", "zipfile", "-c", "deployflow-agent-win-x64.zip", "deployflow-agent.exe"], {
    cwd: agents,
  });
  return agents;
}
