"use client";

import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";
import { ModalFrame } from "@/components/dialog";
import { searchQuery } from "@/features/overview/api";
import { cn } from "@/lib/cn";
import { useCan } from "@/lib/session";
import { chooseTheme } from "@/lib/theme/theme";
import { foundEntries, type PaletteEntry, staticEntries } from "./palette-entries";

/** Search, go to, or do: one list, driven from the field. */
export function Palette({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const can = useCan();
  const listId = useId();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const wanted = useDeferredValue(text.trim());
  const found = useQuery(searchQuery(wanted));
  const entries = [
    ...(wanted && found.data ? foundEntries(found.data) : []),
    ...staticEntries({ can, go: (href) => router.push(href), chooseTheme }).filter((entry) =>
      matches(entry, wanted),
    ),
  ];
  const current = Math.min(chosen, Math.max(0, entries.length - 1));
  const act = (entry: PaletteEntry | undefined) => {
    if (!entry) return;
    onClose();
    if (entry.href) router.push(entry.href);
    else entry.run?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((current + step + entries.length) % Math.max(1, entries.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      act(entries[current]);
    }
  };
  return (
    <ModalFrame
      label="Search or go to"
      onClose={onClose}
      className="top-[14vh] left-1/2 max-h-[64vh] w-[calc(100vw-24px)] max-w-150 -translate-x-1/2 rounded-panel border"
    >
      <div className="flex items-center gap-3 border-line border-b px-4">
        <Search className="size-4 shrink-0 text-faint" strokeWidth={1.5} aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette is opened to type into it
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={entries[current] ? `${listId}-${current}` : undefined}
          aria-label="Search devices, deployments, profiles, images, drivers, scripts, actions and people, or go to a page"
          placeholder="Search devices, deployments, images, scripts, people, pages…"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
      </div>
      <div id={listId} role="listbox" aria-label="Results" className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {entries.map((entry, index) => (
          <PaletteRow
            key={entry.id}
            id={`${listId}-${index}`}
            entry={entry}
            heading={entry.group !== entries[index - 1]?.group}
            current={index === current}
            onHover={() => setChosen(index)}
            onChoose={() => act(entry)}
          />
        ))}
      </div>
      {entries.length === 0 && (
        <p role="status" className="px-4 pb-4 text-muted text-sm">
          {found.isFetching ? "Searching…" : `Nothing is called “${wanted}”.`}
        </p>
      )}
    </ModalFrame>
  );
}

function matches(entry: PaletteEntry, text: string): boolean {
  const hay = `${entry.label} ${entry.detail ?? ""}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

type PaletteRowProps = {
  id: string;
  entry: PaletteEntry;
  heading: boolean;
  current: boolean;
  onHover: () => void;
  onChoose: () => void;
};

function PaletteRow({ id, entry, heading, current, onHover, onChoose }: PaletteRowProps) {
  const Icon = entry.icon;
  return (
    <>
      {heading && (
        <div role="presentation" className="px-2.5 pt-2 pb-1 text-faint text-xs">
          {entry.group}
        </div>
      )}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys */}
      <div
        id={id}
        role="option"
        aria-selected={current}
        ref={(row) => {
          if (current) row?.scrollIntoView({ block: "nearest" });
        }}
        onMouseMove={onHover}
        onClick={onChoose}
        className={cn("flex h-9 items-center gap-2.5 rounded-control px-2.5 text-sm", current && "bg-hover")}
      >
        <Icon
          className={cn("size-4 shrink-0 text-muted", current && "text-accent")}
          strokeWidth={1.5}
          aria-hidden
        />
        <span className="truncate">{entry.label}</span>
        {entry.detail && <span className="ml-auto truncate pl-4 text-faint">{entry.detail}</span>}
      </div>
    </>
  );
}
