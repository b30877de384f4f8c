"use client";

import { CommandLine } from "@/components/command-line";
import { Hash } from "@/components/hash";
import { Panel } from "@/components/panel";
import type { BootEnvironments } from "@/lib/api/types";
import { bytes } from "@/lib/format";

const WIMBOOT_URL = "https://github.com/ipxe/wimboot/releases/latest/download/wimboot";

/** The loader that starts WinPE. It is free software of others, under its own licence, so whoever runs the server brings it. */
export function WimbootPanel({ wimboot }: Pick<BootEnvironments, "wimboot">) {
  if (wimboot) {
    return (
      <Panel
        title="wimboot"
        description="The loader that starts WinPE over the network; the next WinPE is built with it."
      >
        <p className="text-muted text-sm">{bytes(wimboot.size_bytes)}</p>
        <Hash value={wimboot.sha256} label="Copy the SHA-256 of wimboot" />
      </Panel>
    );
  }
  return (
    <Panel
      title="wimboot is missing"
      description="WinPE is started by it, and it comes from the iPXE project, not from us."
    >
      <ol className="flex list-decimal flex-col gap-2 pl-5 text-sm">
        <li>
          Download it, and have its SHA-256 shown:
          <div className="mt-1.5">
            <CommandLine value={`curl -fLO ${WIMBOOT_URL} && sha256sum wimboot`} label="Copy the command" />
          </div>
        </li>
        <li>
          Compare that with the one that stands beside the file on{" "}
          <a
            href="https://github.com/ipxe/wimboot/releases"
            rel="noreferrer"
            target="_blank"
            className="underline decoration-line-strong underline-offset-3 hover:decoration-current"
          >
            the release's page
          </a>
          .
        </li>
        <li>Build WinPE here, and give the file with that SHA-256. It is kept for the next ones.</li>
      </ol>
    </Panel>
  );
}
