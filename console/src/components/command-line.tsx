import { CopyButton } from "./copy-button";

type CommandLineProps = { value: string; label: string; title?: string; wrap?: boolean };

/** One line to paste into a shell. It wraps rather than hides, so that what is pasted can be read. */
export function CommandLine({ value, label, title, wrap = true }: CommandLineProps) {
  return (
    <div className="overflow-hidden rounded-control border border-line bg-sunken">
      {title && <div className="border-line border-b px-3 py-1.5 text-muted text-xs">{title}</div>}
      <div className="flex items-start gap-2 p-1 pl-3">
        <code
          className={`min-w-0 flex-1 py-1.5 font-mono text-sm ${wrap ? "break-all" : "overflow-x-auto whitespace-pre"}`}
        >
          {value}
        </code>
        <CopyButton value={value} label={label} />
      </div>
    </div>
  );
}
