"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Callout } from "@/components/panel";
import { errorText } from "@/components/states";
import { ApiError, fieldError } from "@/lib/api/errors";
import { profileChoicesQuery } from "@/lib/api/profile-choices";
import type { DeploymentDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useArmDeployment } from "../api";

const HOURS = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "8", label: "8 hours" },
];

type ArmDialogProps = {
  /** A device; or null for a machine that is none yet. */
  device: { id: string; hostname: string } | null;
  /** What is known of such a machine already. */
  machine?: { mac: string; serial: string | null; manufacturer: string | null };
  onClose: () => void;
};

/** Prepares a machine: when it next starts from the network it deploys by itself, once. */
export function ArmDialog({ device, machine, onClose }: ArmDialogProps) {
  const [armed, setArmed] = useState<DeploymentDetail | null>(null);
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={device ? `Deploy ${device.hostname}` : "Deploy a machine"}
      description="Once, the next time it starts from the network."
      footer={
        armed && (
          <>
            <Button onClick={onClose}>Done</Button>
            <ButtonLink href={paths.deployment(armed.id)} variant="primary">
              Watch it
            </ButtonLink>
          </>
        )
      }
    >
      {armed ? (
        <Callout tone="ok" title="It is armed">
          Start the machine from the network now. It is let in by itself, and its disk is erased as the
          profile says.
        </Callout>
      ) : (
        <ArmForm device={device} machine={machine} onArmed={setArmed} />
      )}
    </Dialog>
  );
}

type ArmFormProps = Pick<ArmDialogProps, "device" | "machine"> & {
  onArmed: (deployment: DeploymentDetail) => void;
};

function ArmForm({ device, machine, onArmed }: ArmFormProps) {
  const profiles = useQuery(profileChoicesQuery);
  const arm = useArmDeployment();
  const [profileId, setProfileId] = useState("");
  const [hours, setHours] = useState("8");
  const [mac, setMac] = useState(machine?.mac ?? "");
  const [serial, setSerial] = useState(machine?.serial ?? "");
  const [name, setName] = useState("");
  const [typed, setTyped] = useState("");
  const chosen = profileId || profiles.data?.[0]?.value || "";
  const confirmed = device === null || typed.trim() === device.hostname;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    arm.mutate(
      {
        deviceId: device?.id ?? null,
        machine: device
          ? null
          : {
              mac: mac.trim() || null,
              serial: serial.trim() || null,
              manufacturer: machine?.manufacturer ?? null,
            },
        profileId: chosen,
        hours: Number(hours),
        computerName: name.trim() || null,
      },
      { onSuccess: onArmed },
    );
  };
  const general = arm.error instanceof ApiError && arm.error.errors.length > 0 ? null : arm.error;
  return (
    <form onSubmit={submit} className="flex flex-col gap-5">
      <SelectField
        label="Profile"
        value={chosen}
        onChange={(event) => setProfileId(event.target.value)}
        choices={profiles.data ?? []}
        error={fieldError(arm.error, "profile_id")}
        help={profiles.data?.length === 0 ? "There is no profile yet: make one first." : undefined}
        required
      />
      {device === null && (
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="MAC address"
            mono
            value={mac}
            onChange={(event) => setMac(event.target.value)}
            placeholder="52:54:00:12:34:56"
            error={fieldError(arm.error, "mac")}
          />
          <TextField
            label="Serial number"
            optional
            value={serial}
            onChange={(event) => setSerial(event.target.value)}
            error={fieldError(arm.error, "serial")}
          />
        </div>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Waits for it"
          value={hours}
          onChange={(event) => setHours(event.target.value)}
          choices={HOURS}
        />
        <TextField
          label="Computer name"
          optional
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={15}
          help="Empty: as the profile's pattern says."
          error={fieldError(arm.error, "computer_name")}
        />
      </div>
      {device && (
        <>
          <Callout tone="bad" title="Its disk will be erased">
            {device.hostname} keeps its row, tags and history. What is on the disks the profile formats is
            gone.
          </Callout>
          <TextField
            label={`Type ${device.hostname} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
      {general && (
        <p role="alert" className="text-bad text-sm">
          {errorText(general)}
        </p>
      )}
      <Button
        type="submit"
        variant="primary"
        busy={arm.isPending}
        disabled={!confirmed || !chosen}
        className="self-start"
      >
        Arm it
      </Button>
    </form>
  );
}
