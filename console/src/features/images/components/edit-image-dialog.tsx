"use client";

import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextAreaField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import type { OsImage } from "@/lib/api/types";
import { useChangeImage } from "../api";

export function EditImageDialog({ image, onClose }: { image: OsImage; onClose: () => void }) {
  const formId = useId();
  const save = useChangeImage();
  const [draft, setDraft] = useState({
    name: image.name,
    image_version: image.image_version,
    description: image.description,
  });
  const change = (part: Partial<typeof draft>) => {
    save.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const taken = errorCode(save.error) === "name_taken";
  const stale = errorCode(save.error) === "precondition_failed";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.name.trim() === "") return;
    save.mutate(
      { image, change: draft },
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
      onOpenChange={(open) => !open && onClose()}
      title={`Edit ${image.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} variant="primary" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <TextField
          label="Name"
          value={draft.name}
          maxLength={200}
          onChange={(event) => change({ name: event.target.value })}
          error={
            draft.name.trim() === "" ? "An image needs a name." : taken ? errorText(save.error) : undefined
          }
        />
        <TextField
          label="Version"
          optional
          value={draft.image_version}
          maxLength={100}
          onChange={(event) => change({ image_version: event.target.value })}
        />
        <TextAreaField
          label="Description"
          optional
          rows={4}
          value={draft.description}
          maxLength={2000}
          onChange={(event) => change({ description: event.target.value })}
        />
        {save.error && !taken && (
          <p role="alert" className="text-bad text-sm">
            {stale
              ? "Somebody else has changed this image meanwhile. Close this, and look at what they wrote."
              : errorText(save.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
