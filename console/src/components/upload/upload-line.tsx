import type { ReactNode } from "react";

type UploadLineProps = { name: string; words: ReactNode; bar: ReactNode; actions: ReactNode };

export function UploadLine({ name, words, bar, actions }: UploadLineProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium text-sm" title={name}>
          {name}
        </p>
        <div className="figures text-muted text-sm">{words}</div>
        {bar}
      </div>
      <div className="flex flex-wrap gap-2">{actions}</div>
    </div>
  );
}
