import type { ReactNode } from "react";

type PageHeaderProps = { title: ReactNode; description?: ReactNode; actions?: ReactNode; meta?: ReactNode };

export function PageHeader({ title, description, actions, meta }: PageHeaderProps) {
  return (
    <header className="mb-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <h1 className="min-w-0 flex-1 basis-32 break-words py-0.5 font-semibold text-lg tracking-tight">
          {title}
        </h1>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {description && <p className="mt-0.5 max-w-180 text-muted">{description}</p>}
      {meta && (
        <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1.5 text-muted text-sm">{meta}</div>
      )}
    </header>
  );
}
