"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import { type Dropped, readDrop } from "@/lib/uploads/folder";

type PageDropProps = {
  label: string;
  enabled: boolean;
  onDrop: (dropped: Dropped) => void;
  children: ReactNode;
};

/** The whole page takes a file that is dropped on it; while one is held over it, it says so. */
export function PageDrop({ label, enabled, onDrop, children }: PageDropProps) {
  const [over, setOver] = useState(false);
  const latest = useRef(onDrop);
  latest.current = onDrop;
  // External system: files dragged into the window from outside.
  useEffect(() => {
    if (!enabled) return;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = async (event: DragEvent) => {
      setOver(false);
      if (event.defaultPrevented || !event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      const dropped = await readDrop(event.dataTransfer);
      if (dropped) latest.current(dropped);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", drop);
    };
  }, [enabled]);
  return (
    <>
      {children}
      {over && enabled && (
        <div className="pointer-events-none fixed inset-3 z-30 grid place-items-center rounded-panel border-2 border-accent border-dashed bg-scrim">
          <p className="rounded-panel border border-line-strong bg-raised px-5 py-3 font-medium text-base shadow-pop">
            {label}
          </p>
        </div>
      )}
    </>
  );
}
