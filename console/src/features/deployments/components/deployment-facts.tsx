import Link from "next/link";
import { CopyButton } from "@/components/copy-button";
import { type Fact, Facts, Panel } from "@/components/panel";
import { Time } from "@/components/time";
import type { DeploymentDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { modelOf } from "../states";

const HOW: Record<string, string> = {
  armed: "Armed ahead",
  code: "Code compared in the console",
  pin: "Technician's PIN",
};

/** What is frozen in this run, and the machine it is for. */
export function DeploymentFacts({ deployment }: { deployment: DeploymentDetail }) {
  const { machine } = deployment;
  const run: Fact[] = [
    { label: "Profile", value: `${deployment.profile.name}${version(deployment.profile.version)}` },
    { label: "Computer name", value: deployment.computer_name },
    ...(deployment.site
      ? [{ label: "Boot site", value: `${deployment.site.name} (${deployment.site.code})` }]
      : []),
    { label: "Approved", value: approval(deployment) },
    { label: "Made by", value: deployment.created_by.name },
    { label: "Made", value: <Time at={deployment.created_at} /> },
    { label: "Last word", value: <Time at={deployment.last_report_at} /> },
    { label: "Starts", value: String(deployment.starts) },
    {
      label: "Disk done",
      value: deployment.consumed_at ? <Time at={deployment.consumed_at} /> : "not yet",
    },
    {
      label: "Run id",
      value: (
        <span className="flex min-w-0 items-center gap-1">
          <span className="truncate font-mono text-xs">{deployment.id}</span>
          <CopyButton value={deployment.id} label="Copy the run's id" />
        </span>
      ),
    },
  ];
  const facts: Fact[] = [
    ...(deployment.device
      ? [
          {
            label: "Device",
            value: (
              <Link href={paths.device(deployment.device.id)} className="rounded-control hover:underline">
                {deployment.device.hostname}
              </Link>
            ),
          },
        ]
      : []),
    { label: "Model", value: modelOf(deployment) },
    { label: "Serial", value: machine.serial },
    { label: "MAC address", value: machine.mac && <span className="font-mono text-xs">{machine.mac}</span> },
    {
      label: "SMBIOS UUID",
      value: machine.smbios_uuid && (
        <span className="break-all font-mono text-xs">{machine.smbios_uuid}</span>
      ),
    },
  ];
  return (
    <>
      <Panel title="This run">
        <Facts facts={run} />
      </Panel>
      <Panel title="Machine">
        <Facts facts={facts} />
      </Panel>
    </>
  );
}

function version(number: number | null): string {
  return number === null ? "" : `, version ${number}`;
}

function approval(deployment: DeploymentDetail): string | null {
  if (!deployment.approved_how) return null;
  const how = HOW[deployment.approved_how] ?? deployment.approved_how;
  return deployment.approved_by ? `${how}, ${deployment.approved_by}` : how;
}
