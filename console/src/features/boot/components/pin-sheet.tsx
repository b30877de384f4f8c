"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Callout } from "@/components/panel";
import { errorText } from "@/components/states";
import { Time } from "@/components/time";
import { fieldError } from "@/lib/api/errors";
import type { TechnicianPinMade } from "@/lib/api/types";
import { bootSitesQuery, useMakePin } from "../api";

const HOURS = [
  { value: "4", label: "4 hours" },
  { value: "8", label: "8 hours" },
  { value: "12", label: "12 hours" },
];

export function PinSheet({ onClose }: { onClose: () => void }) {
  const sites = useQuery(bootSitesQuery);
  const make = useMakePin();
  const [made, setMade] = useState<TechnicianPinMade | null>(null);
  const [name, setName] = useState("");
  const [siteId, setSiteId] = useState("");
  const [hours, setHours] = useState("8");
  const chosen = siteId || sites.data?.[0]?.id || "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ site_id: chosen, name: name.trim(), hours: Number(hours) }, { onSuccess: setMade });
  };
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={made ? `PIN of ${made.name}` : "New technician's PIN"}
      description={made ? `At ${made.site.name}` : "Typed at the machine, with the key P."}
      footer={made && <Button onClick={onClose}>Done</Button>}
    >
      {made ? (
        <div className="flex flex-col gap-4">
          <p className="flex items-center gap-3">
            <span className="font-mono text-xl tracking-widest">
              {made.pin.slice(0, 4)} {made.pin.slice(4)}
            </span>
            <CopyButton value={made.pin} label="Copy the PIN" />
          </p>
          <Callout tone="wait" title="Shown only now">
            It works until <Time at={made.expires_at} />. Five wrong tries end a machine's session.
          </Callout>
        </div>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-5">
          <TextField
            label="For"
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="Jonas, Berlin roll-out"
            help="As the audit trail will name them."
            error={fieldError(make.error, "name")}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              label="Site"
              value={chosen}
              onChange={(event) => setSiteId(event.target.value)}
              choices={(sites.data ?? []).map((site) => ({ value: site.id, label: site.name }))}
              error={fieldError(make.error, "site_id")}
            />
            <SelectField
              label="Works for"
              value={hours}
              onChange={(event) => setHours(event.target.value)}
              choices={HOURS}
            />
          </div>
          {make.error && (
            <p role="alert" className="text-bad text-sm">
              {errorText(make.error)}
            </p>
          )}
          <Button
            type="submit"
            variant="primary"
            busy={make.isPending}
            disabled={!chosen}
            className="self-start"
          >
            Make the PIN
          </Button>
        </form>
      )}
    </Dialog>
  );
}
