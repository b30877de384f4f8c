"use client";

import { type KeyboardEvent, type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";
import { useUrlValue } from "@/lib/url-state";

export type TabSpec = { id: string; label: string; badge?: ReactNode; content: ReactNode };

/** The open tab lives in the URL; only its panel is mounted. */
export function Tabs({ tabs, label }: { tabs: [TabSpec, ...TabSpec[]]; label: string }) {
  const base = useId();
  const [current, setCurrent] = useUrlValue("tab");
  const open = tabs.find((tab) => tab.id === current) ?? tabs[0];
  const choose = (tab: TabSpec) => setCurrent(tab.id === tabs[0].id ? null : tab.id);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.indexOf(open);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    choose(tab);
    document.getElementById(`${base}-${tab.id}`)?.focus();
  };
  return (
    <div>
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={onKeyDown}
        className="mb-5 flex gap-5 overflow-x-auto border-line border-b [scrollbar-width:none]"
      >
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`${base}-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab === open}
            aria-controls={tab === open ? `${base}-panel` : undefined}
            tabIndex={tab === open ? 0 : -1}
            onClick={() => choose(tab)}
            className={cn(
              "flex h-9 items-center gap-1.5 whitespace-nowrap border-b-2 px-0.5 font-medium text-sm transition-colors duration-120 focus-visible:-outline-offset-2",
              tab === open ? "border-accent text-text" : "border-transparent text-muted hover:text-text",
            )}
          >
            {tab.label}
            {tab.badge}
          </button>
        ))}
      </div>
      <div id={`${base}-panel`} role="tabpanel" aria-labelledby={`${base}-${open.id}`}>
        {open.content}
      </div>
    </div>
  );
}
