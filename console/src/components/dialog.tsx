"use client";

import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  /** `sheet` stands at the right edge, for looking or making without leaving a list. */
  shape?: "dialog" | "sheet";
  wide?: boolean;
};

const shapes = {
  dialog: "top-[12vh] left-1/2 max-h-[76vh] w-[calc(100vw-32px)] -translate-x-1/2 rounded-panel border",
  sheet: "top-0 left-auto right-0 h-dvh max-h-none w-full border-l starting:translate-x-4",
};
const widths = {
  dialog: { normal: "max-w-120", wide: "max-w-180" },
  sheet: { normal: "max-w-130", wide: "max-w-160" },
};

export function Dialog(props: DialogProps) {
  return props.open ? <OpenDialog {...props} /> : null;
}

function OpenDialog(props: DialogProps) {
  const { onOpenChange, title, description, children, footer, shape = "dialog", wide = false } = props;
  const titleId = useId();
  const descriptionId = useId();
  return (
    <ModalFrame
      onClose={() => onOpenChange(false)}
      labelledBy={titleId}
      describedBy={description ? descriptionId : undefined}
      className={cn(shapes[shape], widths[shape][wide ? "wide" : "normal"])}
    >
      <header className="border-line border-b py-3.5 pr-14 pl-5">
        <h2 id={titleId} className="break-words font-semibold text-base">
          {title}
        </h2>
        {description && (
          <p id={descriptionId} className="mt-0.5 text-muted text-sm">
            {description}
          </p>
        )}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4 empty:hidden">{children}</div>
      {footer && (
        <footer className="flex flex-wrap justify-end gap-2 border-line border-t px-5 py-3">{footer}</footer>
      )}
      {/* Last in order, so that the first field or button of the content gets the focus. */}
      <Button
        variant="ghost"
        size="iconSm"
        aria-label="Close"
        onClick={() => onOpenChange(false)}
        className="absolute top-3 right-3.5"
      >
        <X className="size-4" strokeWidth={1.5} aria-hidden />
      </Button>
    </ModalFrame>
  );
}

type ModalFrameProps = {
  onClose: () => void;
  labelledBy?: string;
  label?: string;
  describedBy?: string;
  className?: string;
  children: ReactNode;
};

/**
 * The browser's own modal dialog: it keeps the focus inside, makes the page behind inert, closes on Escape and
 * gives the focus back. A library for this would be a third of the first view's JavaScript.
 */
export function ModalFrame({
  onClose,
  labelledBy,
  label,
  describedBy,
  className,
  children,
}: ModalFrameProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // External system: the browser's top layer. In layout, so that closing still finds the element in the page.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={labelledBy}
      aria-label={label}
      aria-describedby={describedBy}
      onCancel={(event) => {
        event.preventDefault();
        // A press of Escape in a nested dialog bubbles up through React, not through the page.
        if (event.target === event.currentTarget) onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget && isOutside(event.currentTarget, event)) onClose();
      }}
      className={cn(
        "fixed flex flex-col overflow-hidden border-line-strong bg-surface text-text shadow-pop transition duration-140 backdrop:bg-scrim starting:opacity-0",
        className,
      )}
    >
      {children}
    </dialog>
  );
}

function isOutside(element: HTMLElement, point: { clientX: number; clientY: number }): boolean {
  const box = element.getBoundingClientRect();
  return (
    point.clientX < box.left ||
    point.clientX > box.right ||
    point.clientY < box.top ||
    point.clientY > box.bottom
  );
}
