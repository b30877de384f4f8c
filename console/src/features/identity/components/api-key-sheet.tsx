"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { CommandLine } from "@/components/command-line";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Callout } from "@/components/panel";
import { errorText } from "@/components/states";
import { fieldError } from "@/lib/api/errors";
import { useCan } from "@/lib/session";
import { useCreateApiKey } from "../api";
import { PermissionTable } from "./permission-table";

const DAY_MS = 86_400_000;
const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "No end" },
];

export function ApiKeySheet({ onClose }: { onClose: () => void }) {
  const can = useCan();
  const create = useCreateApiKey();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [permissions, setPermissions] = useState<string[]>(["devices:read"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({
      name: name.trim(),
      permissions,
      expires_at: days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null,
    });
  };
  return (
    <Dialog
      open
      wide
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={create.data ? create.data.name : "New API key"}
      footer={create.data && <Button onClick={onClose}>Done</Button>}
    >
      {create.data ? (
        <div className="flex flex-col gap-4">
          <Callout tone="wait" title="Shown only now">
            The key is stored as a hash and cannot be shown again.
          </Callout>
          <CommandLine value={create.data.key} label="Copy the key" />
          <CommandLine
            title="For example"
            value={`curl -H "Authorization: Bearer ${create.data.key}" ${location.origin}/api/v1/devices`}
            label="Copy the example"
          />
        </div>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-5">
          <TextField
            label="Name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            help="What uses it, so that you know which one to revoke."
            error={fieldError(create.error, "name")}
            required
          />
          <SelectField
            label="Works for"
            value={days}
            onChange={(event) => setDays(event.target.value)}
            choices={LIFETIMES}
          />
          <PermissionTable chosen={permissions} onChange={setPermissions} allowed={can} />
          {create.error && (
            <p role="alert" className="text-bad text-sm">
              {errorText(create.error)}
            </p>
          )}
          <Button
            type="submit"
            variant="primary"
            busy={create.isPending}
            disabled={permissions.length === 0}
            className="self-start"
          >
            Make the key
          </Button>
        </form>
      )}
    </Dialog>
  );
}
