import { CommandLine } from "@/components/command-line";
import type { EnrollmentTokenCreated } from "@/lib/api/types";

/** Shown once, when the token was made: it is stored only as a hash. */
export function InstallLines({ created }: { created: EnrollmentTokenCreated }) {
  const { install } = created;
  return (
    <div className="flex flex-col gap-3">
      <CommandLine title="Linux, as root" value={install.linux} label="Copy the Linux line" />
      <CommandLine
        title="Windows, in PowerShell as administrator"
        value={install.windows}
        label="Copy the Windows line"
      />
      <CommandLine
        title="Windows, as an MSI for your own roll-out"
        value={install.msi}
        label="Copy the MSI line"
      />
    </div>
  );
}
