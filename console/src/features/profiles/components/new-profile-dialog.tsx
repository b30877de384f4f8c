"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { RadioCards } from "@/components/radio-cards";
import { ErrorState, errorText, PanelSkeleton } from "@/components/states";
import { paths } from "@/lib/paths";
import { templatesQuery, useCreateProfile } from "../api";

type NewProfileDialogProps = { templateId?: string; onClose: () => void };

const BLANK = "blank";

/** A profile begins with a template, or with nothing. */
export function NewProfileDialog({ templateId, onClose }: NewProfileDialogProps) {
  const router = useRouter();
  const formId = useId();
  const templates = useQuery(templatesQuery);
  const create = useCreateProfile();
  const [name, setName] = useState("");
  const [from, setFrom] = useState(templateId ?? "");
  const all = [...(templates.data?.built_in ?? []), ...(templates.data?.items ?? [])];
  const chosen = from || (all[0]?.id ?? BLANK);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), templateId: chosen === BLANK ? null : chosen },
      { onSuccess: (made) => router.push(paths.profile(made.id)) },
    );
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title="New profile"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            busy={create.isPending}
            disabled={!name.trim() || !templates.data}
          >
            Make it
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} className="flex flex-col gap-5">
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          placeholder="Office PC"
          error={create.error ? errorText(create.error) : undefined}
          maxLength={200}
        />
        {templates.isPending ? (
          <PanelSkeleton label="Loading the templates" />
        ) : templates.isError ? (
          <ErrorState error={templates.error} onRetry={() => templates.refetch()} what="The templates" />
        ) : (
          <RadioCards
            label="Begin with"
            value={chosen}
            choices={[
              ...all.map(({ id, name: label, description }) => ({ value: id, label, help: description })),
              { value: BLANK, label: "Nothing", help: "An empty list of steps." },
            ]}
            onChange={setFrom}
          />
        )}
      </form>
    </Dialog>
  );
}
