"use client";

import { FileUp } from "lucide-react";
import { type DragEvent, type ReactNode, useId, useState } from "react";
import { cn } from "@/lib/cn";
import { type Dropped, readChosenFolder, readDrop } from "@/lib/uploads/folder";

type DropZoneProps = {
  /** "The image's file" */
  label: string;
  accept: string;
  /** What to drop, in a few words; or what was dropped. */
  children: ReactNode;
  folders?: boolean;
  error?: string;
  onDrop: (dropped: Dropped) => void;
};

export function DropZone({ label, accept, children, folders = false, error, onDrop }: DropZoneProps) {
  const errorId = useId();
  const [over, setOver] = useState(false);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const dropped = await readDrop(event.dataTransfer);
    if (dropped) onDrop(dropped);
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={cn(
          "flex min-h-24 cursor-pointer flex-col items-center justify-center gap-2 rounded-control border border-dashed px-4 py-5 text-center text-sm transition-colors duration-120 has-focus-visible:outline-2 has-focus-visible:outline-accent",
          over ? "border-accent bg-accent-soft text-text" : "text-muted hover:bg-hover",
          error ? "border-bad" : !over && "border-line-strong",
        )}
      >
        <FileUp className="size-5 text-faint" strokeWidth={1.5} aria-hidden />
        <span className="max-w-full break-words">{children}</span>
        <input
          type="file"
          accept={accept}
          aria-label={label}
          aria-describedby={error ? errorId : undefined}
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0];
            // The same file may be chosen again after something was mended.
            if (file) onDrop({ kind: "file", file });
            event.target.value = "";
          }}
        />
      </label>
      {folders && <ChooseFolder onDrop={onDrop} />}
      {error && (
        <p id={errorId} role="alert" className="text-bad text-sm">
          {error}
        </p>
      )}
    </div>
  );
}

function ChooseFolder({ onDrop }: { onDrop: (dropped: Dropped) => void }) {
  return (
    <label className="w-fit cursor-pointer rounded-control text-muted text-sm underline decoration-line-strong underline-offset-3 hover:text-text has-focus-visible:outline-2 has-focus-visible:outline-accent">
      Choose a folder instead
      <input
        type="file"
        aria-label="A folder of drivers"
        className="sr-only"
        ref={(input) => {
          // React knows no such attribute; every browser does.
          input?.setAttribute("webkitdirectory", "");
        }}
        onChange={(event) => {
          const dropped = event.target.files && readChosenFolder(event.target.files);
          if (dropped) onDrop(dropped);
          event.target.value = "";
        }}
      />
    </label>
  );
}
