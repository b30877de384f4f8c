"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { plural } from "@/lib/format";

type TagDialogProps = { count: number; onClose: () => void; onApply: (tags: string[]) => void };

export function TagDialog({ count, onClose, onApply }: TagDialogProps) {
  const [text, setText] = useState("");
  const tags = parseTags(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (tags.length > 0) onApply(tags);
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Tag ${plural(count, "device")}`}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Tags to add"
          value={text}
          onChange={(event) => setText(event.target.value)}
          help="Separate several with commas. Tags the devices already have stay."
          placeholder="berlin, finance"
        />
        <Button type="submit" variant="primary" disabled={tags.length === 0} className="self-end">
          Add
        </Button>
      </form>
    </Dialog>
  );
}

export function parseTags(text: string): string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
}
