"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { Tag, Tags } from "@/components/tag";
import { Time } from "@/components/time";
import type { BuiltInTemplate, Profile } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { templatesQuery } from "../api";
import { iconOf } from "../task-types";

type TemplatesTabProps = { onUse: (templateId: string) => void };

export function TemplatesTab({ onUse }: TemplatesTabProps) {
  const can = useCan();
  const templates = useQuery(templatesQuery);
  if (templates.isPending) return <PanelSkeleton rows={6} label="Loading the templates" />;
  if (templates.isError) {
    return <ErrorState error={templates.error} onRetry={() => templates.refetch()} what="The templates" />;
  }
  const use = (id: string, name: string) =>
    can("profiles:write") && (
      <Button size="sm" onClick={() => onUse(id)} aria-label={`Use ${name}`}>
        Use
      </Button>
    );
  return (
    <div className="flex flex-col gap-7">
      <section>
        <h2 className="mb-3 font-medium text-muted text-sm">They come with DeployFlow</h2>
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
          {templates.data.built_in.map((template) => (
            <BuiltIn key={template.id} template={template} action={use(template.id, template.name)} />
          ))}
        </ul>
      </section>
      <section>
        <h2 className="mb-3 font-medium text-muted text-sm">Your own</h2>
        {templates.data.items.length === 0 ? (
          <p className="rounded-panel border border-line border-dashed px-4 py-6 text-center text-muted text-sm">
            None yet. Any profile can be made one, or cloned as one, in its menu.
          </p>
        ) : (
          <ul className="divide-y divide-line overflow-hidden rounded-panel border border-line bg-surface">
            {templates.data.items.map((template) => (
              <Own key={template.id} template={template} action={use(template.id, template.name)} />
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

type BuiltInProps = { template: BuiltInTemplate; action: ReactNode };

function BuiltIn({ template, action }: BuiltInProps) {
  return (
    <li className="flex flex-col rounded-panel border border-line bg-surface p-4 text-sm">
      <p className="flex items-center gap-2 font-semibold text-base">
        {template.name} <Tag>built in</Tag>
      </p>
      <p className="mt-1 flex-1 text-muted">{template.description}</p>
      <ol className="mt-3 mb-4 flex flex-col gap-1.5">
        {template.tasks.map((task) => {
          const Icon = iconOf(task.type);
          return (
            <li key={task.id} className="flex items-center gap-2 text-muted">
              <Icon className="size-3.5 shrink-0 text-faint" strokeWidth={1.5} aria-hidden />
              <span className="truncate">{task.name}</span>
            </li>
          );
        })}
      </ol>
      {action}
    </li>
  );
}

type OwnProps = { template: Profile; action: ReactNode };

function Own({ template, action }: OwnProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 text-sm">
      <span className="min-w-0 flex-1 basis-60">
        <Link href={paths.profile(template.id)} className="rounded-control font-medium hover:underline">
          {template.name}
        </Link>
        <span className="block text-muted">{template.description || "—"}</span>
      </span>
      <Tags tags={template.tags} max={3} />
      <span className="text-muted">{plural(template.task_count, "step")}</span>
      <Time at={template.updated_at} className="w-24 text-right text-muted" />
      {action}
    </li>
  );
}
