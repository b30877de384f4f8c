"use client";

import { Dialog } from "@/components/dialog";
import { Kbd } from "@/components/tag";
import { SECTIONS } from "./sections";

const EVERYWHERE: [string[], string][] = [
  [["Ctrl", "K"], "Search, go to, or do"],
  [["/"], "Search this list"],
  [["["], "Fold or open the rail"],
  [["?"], "This sheet"],
];

const LISTS: [string[], string][] = [
  [["j"], "Next row"],
  [["k"], "Previous row"],
  [["Enter"], "Open the row"],
  [["x"], "Select the row"],
  [["Shift", "click"], "Select a range"],
  [["Esc"], "Clear the selection"],
];

export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Keyboard" wide>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        <KeyGroup title="Everywhere" keys={EVERYWHERE} />
        <KeyGroup title="In a list" keys={LISTS} />
        <KeyGroup
          title="Go to"
          keys={SECTIONS.map((section) => [["g", section.key], section.label] as [string[], string])}
        />
      </div>
    </Dialog>
  );
}

function KeyGroup({ title, keys }: { title: string; keys: [string[], string][] }) {
  return (
    <section>
      <h3 className="mb-2 text-faint text-xs">{title}</h3>
      <ul className="flex flex-col gap-1.5">
        {keys.map(([parts, meaning]) => (
          <li key={meaning} className="flex items-center justify-between gap-4 text-sm">
            {meaning}
            <span className="flex gap-1">
              {parts.map((part) => (
                <Kbd key={part}>{part}</Kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
