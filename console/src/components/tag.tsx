import type { ReactNode } from "react";

export function Tag({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex h-5 max-w-40 items-center truncate rounded-control border border-line px-1.5 text-muted text-xs">
      {children}
    </span>
  );
}

/** As many tags as fit a table cell; the rest as a number that names them on hover. */
export function Tags({ tags, max = 3 }: { tags: readonly string[]; max?: number }) {
  const shown = tags.slice(0, max);
  const rest = tags.slice(max);
  return (
    <span className="flex min-w-0 items-center gap-1 overflow-hidden">
      {shown.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
      {rest.length > 0 && (
        <span className="text-faint text-xs" title={rest.join(", ")}>
          +{rest.length}
        </span>
      )}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line px-1 font-sans text-muted text-xs">
      {children}
    </kbd>
  );
}
