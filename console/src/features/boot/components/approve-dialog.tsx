"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Facts } from "@/components/panel";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { profileChoicesQuery } from "@/lib/api/profile-choices";
import type { BootSession } from "@/lib/api/types";
import { bytes } from "@/lib/format";
import { useApproveSession, useDenySession } from "../api";
import { machineTitle } from "../machine-title";

type ApproveDialogProps = { session: BootSession; onClose: () => void };

/** The code is typed from the machine's screen: a click alone would not make anybody look. */
export function ApproveDialog({ session, onClose }: ApproveDialogProps) {
  const profiles = useQuery(profileChoicesQuery);
  const approve = useApproveSession();
  const deny = useDenySession();
  const [code, setCode] = useState("");
  const [profileId, setProfileId] = useState(session.profile?.id ?? "");
  const goesOn = session.deployment_id !== null;
  const chosen = profileId || profiles.data?.[0]?.value || "";
  const title = machineTitle(session);
  const ready = plain(code).length === plain(session.code).length && (goesOn || chosen !== "");
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={`At ${session.site.name}, from ${session.ip ?? "an unknown address"}`}
      footer={
        <>
          <Button
            busy={deny.isPending}
            onClick={() =>
              deny.mutate(
                { session, reason: null },
                {
                  onSuccess: () => {
                    toast.done(`${title} was denied.`);
                    onClose();
                  },
                },
              )
            }
          >
            Deny
          </Button>
          <Button
            variant="primary"
            disabled={!ready}
            busy={approve.isPending}
            onClick={() =>
              approve.mutate(
                { session, code, profileId: goesOn ? null : chosen },
                {
                  onSuccess: () => {
                    toast.done(`${title} is being deployed.`);
                    onClose();
                  },
                },
              )
            }
          >
            Approve and erase its disk
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <TextField
          label="Code on the machine's screen"
          mono
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder="XXXX-XXXX"
          value={code}
          onChange={(event) => setCode(event.target.value.toUpperCase())}
          error={approve.error ? errorText(approve.error) : undefined}
          help="Type what the screen shows. The machine starts only when both sides made the same code from its key."
        />
        {!goesOn && (
          <SelectField
            label="Profile"
            value={chosen}
            onChange={(event) => setProfileId(event.target.value)}
            choices={profiles.data ?? []}
            help={
              profiles.data?.length === 0
                ? "There is no profile yet: make one first."
                : session.profile
                  ? `The machine chose ${session.profile.name} in its menu.`
                  : undefined
            }
          />
        )}
        {session.reason && <p className="text-muted text-sm">{session.reason}</p>}
        <Facts
          facts={[
            { label: "Serial", value: session.facts.serial },
            { label: "MAC addresses", value: session.facts.mac_addresses?.join(", ") },
            { label: "SMBIOS UUID", value: session.facts.smbios_uuid },
            { label: "Firmware", value: session.facts.firmware.toUpperCase() },
            { label: "Memory", value: bytes(session.facts.memory_bytes) },
            { label: "Processor", value: session.facts.cpu },
            {
              label: "Disks",
              value:
                session.facts.disks
                  ?.map((disk) => `${disk.name} ${bytes(disk.size_bytes, 1000)}`)
                  .join(", ") || "none",
            },
            { label: "Environment", value: `${session.environment}, agent ${session.agent_version}` },
          ]}
        />
        {deny.error && (
          <p role="alert" className="text-bad text-sm">
            {errorText(deny.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function plain(code: string): string {
  return code.replace(/[^0-9A-Za-z]/g, "");
}
