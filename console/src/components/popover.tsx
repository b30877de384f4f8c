"use client";

import { cloneElement, type ReactElement, type ReactNode, useId, useRef, useState } from "react";

type PopoverProps = {
  trigger: ReactElement<{ popoverTarget?: string; "aria-haspopup"?: "menu" | "dialog" }>;
  title: string;
  /** Made anew at each opening. */
  children: (close: () => void) => ReactNode;
};

export function Popover({ trigger, title, children }: PopoverProps) {
  const id = useId();
  const popup = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      {cloneElement(trigger, { popoverTarget: id, "aria-haspopup": "dialog" })}
      <div
        ref={popup}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={title}
        onToggle={(event) => {
          setOpen(event.newState === "open");
          requestAnimationFrame(() => popup.current?.querySelector<HTMLElement>("select,input")?.focus());
        }}
        className="popup-start w-72 max-w-[calc(100vw-32px)] rounded-panel border border-line-strong bg-raised p-3 text-text shadow-pop transition-opacity duration-120 starting:open:opacity-0"
      >
        {open && children(() => popup.current?.hidePopover())}
      </div>
    </>
  );
}
