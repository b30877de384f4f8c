import { CopyButton } from "./copy-button";

/** A SHA-256: whole, in mono, with copy. */
export function Hash({ value, label }: { value: string; label: string }) {
  return (
    <span className="-my-1 flex items-center gap-1">
      <span className="min-w-0 break-all font-mono text-xs">{value}</span>
      <CopyButton value={value} label={label} />
    </span>
  );
}
