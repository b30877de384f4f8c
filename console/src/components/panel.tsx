import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";

type PanelProps = Omit<ComponentProps<"section">, "title"> & {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
};

export function Panel({
  title,
  description,
  actions,
  flush = false,
  className,
  children,
  ...props
}: PanelProps) {
  return (
    <section
      className={cn("overflow-hidden rounded-panel border border-line bg-surface", className)}
      {...props}
    >
      {title && (
        <header className="flex min-h-12 items-center gap-3 border-line border-b px-4 py-2">
          <div className="min-w-0 flex-1">
            <h2 className="font-semibold text-base">{title}</h2>
            {description && <p className="text-muted text-sm">{description}</p>}
          </div>
          {actions}
        </header>
      )}
      {flush ? children : <div className="p-4">{children}</div>}
    </section>
  );
}

export type Fact = { label: string; value: ReactNode };

/** Facts about one object: labels in one column, values in the other. */
export function Facts({ facts, className }: { facts: Fact[]; className?: string }) {
  return (
    <dl
      className={cn(
        "grid grid-cols-[minmax(96px,max-content)_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm",
        className,
      )}
    >
      {facts.map((fact) => (
        <div key={fact.label} className="contents">
          <dt className="text-muted">{fact.label}</dt>
          <dd className="min-w-0 break-words">{fact.value ?? "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

type CalloutProps = {
  tone: "run" | "wait" | "bad" | "ok";
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
};

export function Callout({ tone, title, children, actions }: CalloutProps) {
  const look = {
    run: "border-run/30 bg-run-soft",
    wait: "border-wait/30 bg-wait-soft",
    bad: "border-bad/30 bg-bad-soft",
    ok: "border-ok/30 bg-ok-soft",
  }[tone];
  return (
    <div
      className={cn(
        "flex flex-wrap items-center gap-x-4 gap-y-2 rounded-panel border px-4 py-3 text-sm",
        look,
      )}
    >
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-medium text-text">{title}</p>
        {children && <div className="text-muted">{children}</div>}
      </div>
      {actions && <div className="flex gap-2">{actions}</div>}
    </div>
  );
}
