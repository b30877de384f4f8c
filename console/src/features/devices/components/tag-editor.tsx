"use client";

import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "@/components/toasts";
import type { Device } from "@/lib/api/types";
import { useCan } from "@/lib/session";
import { useSetTags } from "../api";

export function TagEditor({ device }: { device: Device }) {
  const can = useCan();
  const setTags = useSetTags();
  const [adding, setAdding] = useState(false);
  const editable = can("devices:write");
  const save = (tags: string[]) =>
    setTags.mutate(
      { device, tags },
      { onError: (error) => toast.failed("The tags were not changed.", error) },
    );
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const tag = String(new FormData(event.currentTarget).get("tag") ?? "").trim();
    setAdding(false);
    if (tag && !device.tags.includes(tag)) save([...device.tags, tag]);
  };
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      {device.tags.map((tag) => (
        <span
          key={tag}
          className="inline-flex h-6 items-center rounded-control border border-line bg-surface pl-2 text-text text-xs"
        >
          <span className="max-w-40 truncate pr-2">{tag}</span>
          {editable && (
            <button
              type="button"
              aria-label={`Remove tag ${tag}`}
              className="grid size-6 place-items-center rounded-control text-muted hover:text-text"
              onClick={() => save(device.tags.filter((each) => each !== tag))}
            >
              <X className="size-3" aria-hidden />
            </button>
          )}
        </span>
      ))}
      {editable &&
        (adding ? (
          <form onSubmit={add}>
            <input
              name="tag"
              // biome-ignore lint/a11y/noAutofocus: it replaces the button just pressed
              autoFocus
              aria-label="New tag"
              onBlur={() => setAdding(false)}
              onKeyDown={(event) => event.key === "Escape" && setAdding(false)}
              className="h-6 w-28 rounded-control border border-control bg-field px-2 text-xs"
            />
          </form>
        ) : (
          <button
            type="button"
            onClick={() => setAdding(true)}
            className="inline-flex h-6 items-center gap-1 rounded-control px-1.5 text-muted text-xs hover:bg-hover hover:text-text"
          >
            <Plus className="size-3" aria-hidden />
            Tag
          </button>
        ))}
    </span>
  );
}
