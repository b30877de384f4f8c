"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { CheckField, SelectField, TextAreaField, TextField } from "@/components/field";
import { Callout } from "@/components/panel";
import { errorText } from "@/components/states";
import { ApiError, fieldError } from "@/lib/api/errors";
import type { EnrollmentTokenCreated } from "@/lib/api/types";
import { useCreateToken } from "../api";
import { InstallLines } from "./install-lines";
import { TokenUses } from "./token-uses";

const DAY_MS = 86_400_000;
const LIFETIMES = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
];

export function CreateTokenSheet({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<EnrollmentTokenCreated | null>(null);
  return (
    <Dialog
      open
      wide
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title={created ? created.name : "Enroll devices"}
      description={
        created
          ? "Run one of these lines on each computer."
          : "Makes a token, and the line that enrolls with it."
      }
      footer={created && <Button onClick={onClose}>Done</Button>}
    >
      {created ? (
        <div className="flex flex-col gap-5">
          <Callout tone="wait" title="Shown only now">
            The token is stored as a hash and cannot be shown again. Copy what you need.
          </Callout>
          <InstallLines created={created} />
          <section aria-label="Devices that used it">
            <h3 className="mb-2 font-medium text-sm">Devices</h3>
            <TokenUses tokenId={created.id} waiting />
          </section>
        </div>
      ) : (
        <CreateTokenForm onCreated={setCreated} />
      )}
    </Dialog>
  );
}

function CreateTokenForm({ onCreated }: { onCreated: (created: EnrollmentTokenCreated) => void }) {
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [days, setDays] = useState("7");
  const [maxUses, setMaxUses] = useState("10");
  const [autoApprove, setAutoApprove] = useState(true);
  const [tags, setTags] = useState("");
  const [networks, setNetworks] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      {
        name: name.trim(),
        description: "",
        expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
        max_uses: Number(maxUses),
        auto_approve: autoApprove,
        tags: split(tags),
        allowed_networks: split(networks),
      },
      { onSuccess: onCreated },
    );
  };
  const general = create.error instanceof ApiError && create.error.errors.length > 0 ? null : create.error;
  return (
    <form onSubmit={submit} className="flex flex-col gap-5">
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder="Berlin office, autumn"
        error={fieldError(create.error, "name")}
        required
        maxLength={200}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Works for"
          value={days}
          onChange={(event) => setDays(event.target.value)}
          choices={LIFETIMES}
          error={fieldError(create.error, "expires_at")}
        />
        <TextField
          label="At most this many devices"
          required
          type="number"
          min={1}
          value={maxUses}
          onChange={(event) => setMaxUses(event.target.value)}
          error={fieldError(create.error, "max_uses")}
        />
      </div>
      <CheckField
        label="Approve devices by itself"
        help="Otherwise each one waits in the list until somebody approves it."
        checked={autoApprove}
        onChange={(event) => setAutoApprove(event.target.checked)}
      />
      <TextField
        label="Tags for these devices"
        optional
        value={tags}
        onChange={(event) => setTags(event.target.value)}
        help="Separate several with commas."
        error={fieldError(create.error, "tags")}
      />
      <TextAreaField
        label="Only from these networks"
        optional
        mono
        rows={2}
        value={networks}
        onChange={(event) => setNetworks(event.target.value)}
        help="Such as 192.0.2.0/24, separated by commas. Empty: from everywhere."
        error={fieldError(create.error, "allowed_networks")}
      />
      {general && (
        <p role="alert" className="text-bad text-sm">
          {errorText(general)}
        </p>
      )}
      <Button type="submit" variant="primary" busy={create.isPending} className="self-start">
        Make the line
      </Button>
    </form>
  );
}

function split(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}
