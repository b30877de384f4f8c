"use client";

import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { ButtonLink } from "@/components/button";
import { DetailMissing } from "@/components/detail-missing";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Tabs } from "@/components/tabs";
import { Tags } from "@/components/tag";
import { Time } from "@/components/time";
import { scriptQuery } from "@/features/scripts/api";
import { NewScriptForm } from "@/features/scripts/components/new-script-form";
import { ScriptForm } from "@/features/scripts/components/script-form";
import { ScriptMenu } from "@/features/scripts/components/script-menu";
import { ScriptVersions } from "@/features/scripts/components/script-versions";
import { languageName } from "@/features/scripts/languages";
import type { ScriptDetail } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function ScriptPage() {
  const id = useDetailId();
  const script = useQuery(scriptQuery(id));
  usePageTitle(id === "new" ? "New script" : (script.data?.name ?? "Script"));
  if (id === "new") {
    return (
      <Page width="wide">
        <PageHeader title="New script" />
        <NewScriptForm />
      </Page>
    );
  }
  if (script.data) return <ScriptView key={script.data.id} script={script.data} />;
  return (
    <DetailMissing id={id} query={script} noun="script" all={{ label: "All scripts", href: paths.scripts }} />
  );
}

function ScriptView({ script }: { script: ScriptDetail }) {
  const can = useCan();
  return (
    <Page width="wide">
      <PageHeader
        title={script.name}
        description={script.description}
        meta={
          <>
            <span>{languageName(script.language)}</span>
            <span>Version {script.current.number}</span>
            <span>
              Changed <Time at={script.updated_at} />
            </span>
            {script.tags.length > 0 && <Tags tags={script.tags} max={6} />}
          </>
        }
        actions={
          <>
            {can("actions:run") && (
              <ButtonLink href={paths.run({ script: script.id })} variant="primary">
                <Play className="size-4" strokeWidth={1.5} aria-hidden />
                Run
              </ButtonLink>
            )}
            <ScriptMenu script={script} />
          </>
        }
      />
      <Tabs
        label="About this script"
        tabs={[
          { id: "script", label: "Script", content: <ScriptForm script={script} /> },
          { id: "versions", label: "Versions", content: <ScriptVersions script={script} /> },
        ]}
      />
    </Page>
  );
}
