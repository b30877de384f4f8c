"use client";

import { FileUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { CheckField, TextAreaField, TextField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useImportProfile } from "../api";

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const formId = useId();
  const take = useImportProfile();
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [replace, setReplace] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    take.mutate(
      { text, name: name.trim(), replace },
      {
        onSuccess: (made) => {
          onClose();
          router.push(paths.profile(made.id));
          toast.done(`${made.name} is version ${made.current.number} now.`);
        },
      },
    );
  };
  const taken = errorCode(take.error) === "name_taken";
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title="Import a profile"
      description="A YAML file, exported here or on another server. What it names is found here by name."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} variant="primary" busy={take.isPending} disabled={!text.trim()}>
            Import
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} className="flex flex-col gap-4">
        <FileDrop
          onText={(read) => {
            take.reset();
            setText(read);
          }}
        />
        <TextAreaField
          label="Its text"
          mono
          rows={10}
          value={text}
          onChange={(event) => {
            take.reset();
            setText(event.target.value);
          }}
          spellCheck={false}
          placeholder={"deployflow_profile: 1\nname: Office PC\ntasks:\n  - type: disk_prep"}
          error={take.error && !taken ? errorText(take.error) : undefined}
        />
        <TextField
          label="Another name"
          optional
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={taken ? errorText(take.error) : undefined}
          maxLength={200}
        />
        <CheckField
          label="Replace the profile of that name"
          help="It gets a new version; the ones before stay."
          checked={replace}
          onChange={(event) => setReplace(event.target.checked)}
        />
      </form>
    </Dialog>
  );
}

function FileDrop({ onText }: { onText: (text: string) => void }) {
  const [over, setOver] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const read = async (given: File | undefined) => {
    if (!given) return;
    setFile(given.name);
    onText(await given.text());
  };
  return (
    <label
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        read(event.dataTransfer.files[0]);
      }}
      className={cn(
        "flex cursor-pointer items-center justify-center gap-2.5 rounded-control border border-dashed px-4 py-5 text-sm transition-colors duration-120 has-focus-visible:outline-2 has-focus-visible:outline-accent",
        over ? "border-accent bg-accent-soft" : "border-line-strong text-muted hover:bg-hover",
      )}
    >
      <FileUp className="size-4" strokeWidth={1.5} aria-hidden />
      {file ?? "Drop a file here, or choose one"}
      <input
        type="file"
        accept=".yaml,.yml,text/yaml,application/yaml"
        aria-label="The profile's file"
        className="sr-only"
        onChange={(event) => read(event.target.files?.[0])}
      />
    </label>
  );
}
