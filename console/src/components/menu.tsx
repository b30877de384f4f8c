"use client";

import Link from "next/link";
import { cloneElement, type KeyboardEvent, type ReactElement, type ReactNode, useId, useRef } from "react";
import { cn } from "@/lib/cn";

type TriggerProps = { popoverTarget?: string; "aria-haspopup"?: "menu" | "dialog" };

type MenuProps = {
  /** A button; the browser opens and closes the menu with it and places the menu beside it. */
  trigger: ReactElement<TriggerProps>;
  label?: string;
  children: ReactNode;
  align?: "start" | "end";
};

const ITEMS = '[role^="menuitem"]:not([disabled])';

export function Menu({ trigger, label, children, align = "end" }: MenuProps) {
  const id = useId();
  const popup = useRef<HTMLDivElement>(null);
  const items = () => [...(popup.current?.querySelectorAll<HTMLElement>(ITEMS) ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all[(next + all.length) % all.length]?.focus();
    } else if (event.key === "Tab") popup.current?.hidePopover();
  };
  return (
    <>
      {cloneElement(trigger, { popoverTarget: id, "aria-haspopup": "menu" })}
      <div
        ref={popup}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        onToggle={(event) => event.newState === "open" && items()[0]?.focus()}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const item = (event.target as Element).closest(ITEMS);
          if (item && item.getAttribute("role") !== "menuitemcheckbox") popup.current?.hidePopover();
        }}
        className={cn(
          "min-w-44 overflow-y-auto rounded-panel border border-line-strong bg-raised p-1 text-text shadow-pop outline-none transition-opacity duration-120 starting:open:opacity-0",
          align === "end" ? "popup-end" : "popup-start",
        )}
      >
        {children}
      </div>
    </>
  );
}

const itemClass =
  "flex h-8 w-full select-none items-center gap-2.5 rounded-control px-2.5 text-left text-sm text-text outline-none hover:bg-hover focus:bg-hover disabled:opacity-50";

type MenuItemProps = {
  onClick?: () => void;
  href?: string;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
};

export function MenuItem({ onClick, href, danger, disabled, children }: MenuItemProps) {
  const className = cn(itemClass, danger && "text-bad");
  if (href) {
    return (
      <Link href={href} role="menuitem" tabIndex={-1} className={className}>
        {children}
      </Link>
    );
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={className}
      onClick={onClick}
      disabled={disabled}
    >
      {children}
    </button>
  );
}

type MenuChoicesProps = {
  label: string;
  value: string;
  choices: { value: string; label: string }[];
  onChange: (value: string) => void;
};

export function MenuChoices({ label, value, choices, onChange }: MenuChoicesProps) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id}>
      <div id={id} className="px-2.5 pt-1.5 pb-1 text-faint text-xs">
        {label}
      </div>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="menuitemradio"
          aria-checked={choice.value === value}
          tabIndex={-1}
          className={itemClass}
          onClick={() => onChange(choice.value)}
        >
          <span className="flex-1">{choice.label}</span>
          {choice.value === value && <span className="size-1.5 rounded-full bg-accent" />}
        </button>
      ))}
    </div>
  );
}

type MenuCheckProps = { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode };

export function MenuCheck({ checked, onChange, children }: MenuCheckProps) {
  return (
    <button
      type="button"
      role="menuitemcheckbox"
      aria-checked={checked}
      tabIndex={-1}
      className={itemClass}
      onClick={() => onChange(!checked)}
    >
      <span className="flex-1">{children}</span>
      {checked && <span className="size-1.5 rounded-full bg-accent" />}
    </button>
  );
}

export function MenuSeparator() {
  return <hr className="my-1 h-px border-0 bg-line" />;
}
