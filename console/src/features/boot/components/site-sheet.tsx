"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog } from "@/components/dialog";
import { CheckField, SelectField, TextAreaField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { ApiError, fieldError } from "@/lib/api/errors";
import { profileChoicesQuery } from "@/lib/api/profile-choices";
import type { BootSite, BootSiteIn } from "@/lib/api/types";
import { useDeleteSite, useSaveSite } from "../api";
import { POLICIES } from "../policies";

type SiteSheetProps = { site: BootSite | null; onClose: () => void };

export function SiteSheet({ site, onClose }: SiteSheetProps) {
  const profiles = useQuery(profileChoicesQuery);
  const save = useSaveSite();
  const remove = useDeleteSite();
  const [asking, setAsking] = useState(false);
  const [draft, setDraft] = useState<BootSiteIn>(() => draftOf(site));
  const change = (part: Partial<BootSiteIn>) => setDraft((before) => ({ ...before, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { saved: site, draft },
      {
        onSuccess: () => {
          toast.done(`${draft.name} is saved.`);
          onClose();
        },
      },
    );
  };
  const general = save.error instanceof ApiError && save.error.errors.length > 0 ? null : save.error;
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={site ? site.name : "New boot site"}
      description="A network that machines start from."
    >
      <form onSubmit={submit} className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_8rem]">
          <TextField
            label="Name"
            required
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
            error={fieldError(save.error, "name")}
          />
          <TextField
            label="Code"
            required
            mono
            maxLength={8}
            value={draft.code}
            onChange={(event) => change({ code: event.target.value.toUpperCase() })}
            error={fieldError(save.error, "code")}
            help="{site} in names"
          />
        </div>
        <SelectField
          label="A machine nobody knows"
          value={draft.unknown_machines ?? "menu"}
          onChange={(event) =>
            change({ unknown_machines: event.target.value as BootSiteIn["unknown_machines"] })
          }
          choices={POLICIES}
        />
        <SelectField
          label="Boot environment"
          value={draft.environment ?? "linux"}
          onChange={(event) => change({ environment: event.target.value as BootSiteIn["environment"] })}
          choices={[
            { value: "linux", label: "Linux, made by deployflow boot build" },
            { value: "winpe", label: "WinPE, from an imported Windows ISO" },
          ]}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label="Default in the menu"
            value={draft.default_profile_id ?? ""}
            onChange={(event) => change({ default_profile_id: event.target.value || null })}
            choices={[{ value: "", label: "Local disk" }, ...(profiles.data ?? [])]}
            error={fieldError(save.error, "default_profile_id")}
          />
          <TextField
            label="Taken after, in seconds"
            type="number"
            min={0}
            max={3600}
            value={String(draft.menu_timeout_s ?? 30)}
            onChange={(event) => change({ menu_timeout_s: Number(event.target.value) })}
            help="0 waits for ever."
            error={fieldError(save.error, "menu_timeout_s")}
          />
        </div>
        <TextAreaField
          label="Only from these networks"
          optional
          mono
          rows={2}
          value={(draft.networks ?? []).join(", ")}
          onChange={(event) => change({ networks: split(event.target.value) })}
          help="Such as 192.0.2.0/24, separated by commas. Empty: from everywhere."
          error={fieldError(save.error, "networks")}
        />
        <CheckField
          label="This network is trusted"
          help="Machines may start over plain HTTP: whoever can change what is sent in this network decides what they start. Off, the server lets them start over HTTPS alone."
          checked={draft.trusted_network ?? false}
          onChange={(event) => change({ trusted_network: event.target.checked })}
        />
        {general && (
          <p role="alert" className="text-bad text-sm">
            {errorText(general)}
          </p>
        )}
        <div className="flex gap-2">
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
          {site && <Button onClick={() => setAsking(true)}>Remove</Button>}
        </div>
      </form>
      {site && (
        <ConfirmDialog
          open={asking}
          onOpenChange={setAsking}
          title={`Remove ${site.name}`}
          confirmLabel="Remove"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() =>
            remove.mutate(site, {
              onSuccess: () => {
                toast.done(`${site.name} is removed.`);
                onClose();
              },
            })
          }
        >
          Machines that still name it in DHCP start from their disk.
        </ConfirmDialog>
      )}
    </Dialog>
  );
}

function draftOf(site: BootSite | null): BootSiteIn {
  if (!site) {
    return {
      name: "",
      code: "",
      unknown_machines: "menu",
      environment: "linux",
      default_profile_id: null,
      profile_ids: [],
      menu_timeout_s: 30,
      networks: [],
      trusted_network: false,
    };
  }
  const { name, code, unknown_machines, environment, default_profile_id, profile_ids } = site;
  const { menu_timeout_s, networks, trusted_network } = site;
  return {
    name,
    code,
    unknown_machines,
    environment,
    default_profile_id,
    profile_ids,
    menu_timeout_s,
    networks,
    trusted_network,
  };
}

function split(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}
