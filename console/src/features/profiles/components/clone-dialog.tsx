"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { CheckField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import type { ProfileDetail } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCloneProfile } from "../api";

type CloneDialogProps = { profile: ProfileDetail; onClose: () => void };

export function CloneDialog({ profile, onClose }: CloneDialogProps) {
  const router = useRouter();
  const formId = useId();
  const clone = useCloneProfile();
  const [name, setName] = useState(`${profile.name} copy`);
  const [isTemplate, setIsTemplate] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    clone.mutate(
      { id: profile.id, name: name.trim(), isTemplate },
      {
        onSuccess: (made) => {
          onClose();
          router.push(paths.profile(made.id));
          toast.done(`${made.name} is made.`);
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Clone ${profile.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            busy={clone.isPending}
            disabled={!name.trim()}
          >
            Clone
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name of the copy"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={clone.error ? errorText(clone.error) : undefined}
          maxLength={200}
        />
        <CheckField
          label="As a template"
          help="Nothing is deployed with a template; it is a starting point for profiles."
          checked={isTemplate}
          onChange={(event) => setIsTemplate(event.target.checked)}
        />
      </form>
    </Dialog>
  );
}
