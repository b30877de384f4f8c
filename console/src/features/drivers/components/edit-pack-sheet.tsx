"use client";

import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextAreaField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import type { DriverPack } from "@/lib/api/types";
import { useChangePack } from "../api";
import { cleanRules, ruleProblem } from "../rules";
import { RulesEditor } from "./rules-editor";

export function EditPackSheet({ pack, onClose }: { pack: DriverPack; onClose: () => void }) {
  const formId = useId();
  const save = useChangePack();
  const [tried, setTried] = useState(false);
  const [draft, setDraft] = useState({
    name: pack.name,
    pack_version: pack.pack_version,
    description: pack.description,
    rules: pack.rules,
  });
  const change = (part: Partial<typeof draft>) => {
    save.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const taken = errorCode(save.error) === "name_taken";
  const stale = errorCode(save.error) === "precondition_failed";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (draft.name.trim() === "" || draft.rules.some(ruleProblem)) return;
    save.mutate(
      { pack, change: { ...draft, rules: cleanRules(draft.rules) } },
      {
        onSuccess: () => {
          toast.done(`${draft.name} is saved.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      shape="sheet"
      wide
      onOpenChange={(open) => !open && onClose()}
      title={`Edit ${pack.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} variant="primary" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_9rem]">
          <TextField
            label="Name"
            value={draft.name}
            maxLength={200}
            onChange={(event) => change({ name: event.target.value })}
            error={
              draft.name.trim() === "" ? "A pack needs a name." : taken ? errorText(save.error) : undefined
            }
          />
          <TextField
            label="Version"
            optional
            value={draft.pack_version}
            maxLength={100}
            onChange={(event) => change({ pack_version: event.target.value })}
          />
        </div>
        <TextAreaField
          label="Description"
          optional
          rows={3}
          maxLength={2000}
          value={draft.description}
          onChange={(event) => change({ description: event.target.value })}
        />
        <RulesEditor rules={draft.rules} strict={tried} onChange={(rules) => change({ rules })} />
        {save.error && !taken && (
          <p role="alert" className="text-bad text-sm">
            {stale
              ? "Somebody else has changed this pack meanwhile. Close this, and look at what they wrote."
              : errorText(save.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
