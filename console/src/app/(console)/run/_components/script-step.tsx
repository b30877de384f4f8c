"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Check, FileCode2, PenLine, Search } from "lucide-react";
import Link from "next/link";
import { useDeferredValue, useState } from "react";
import { Button } from "@/components/button";
import { CodeEditor } from "@/components/code/code-editor";
import { SelectField } from "@/components/field";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { scriptsQuery } from "@/features/scripts/api";
import { LANGUAGES, languageName } from "@/features/scripts/languages";
import type { Script, ScriptDetail, ScriptLanguage } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

/** A script written for this run only. */
export type AdHoc = { language: ScriptLanguage; body: string };

type ScriptStepProps = {
  scriptId: string;
  script: ScriptDetail | undefined;
  adHoc: AdHoc | null;
  onChoose: (id: string) => void;
  onAdHoc: (adHoc: AdHoc | null) => void;
};

export function ScriptStep({ scriptId, script, adHoc, onChoose, onAdHoc }: ScriptStepProps) {
  const can = useCan();
  if (adHoc) {
    return (
      <Panel
        title="Script"
        actions={
          <Button size="sm" onClick={() => onAdHoc(null)}>
            Choose from the library
          </Button>
        }
      >
        <div className="flex flex-col gap-4">
          <SelectField
            className="max-w-60"
            label="Language"
            value={adHoc.language}
            choices={LANGUAGES}
            onChange={(event) => onAdHoc({ ...adHoc, language: event.target.value as ScriptLanguage })}
          />
          <CodeEditor
            label="Script body"
            value={adHoc.body}
            language={adHoc.language}
            onChange={(body) => onAdHoc({ ...adHoc, body })}
          />
        </div>
      </Panel>
    );
  }
  if (scriptId && script) {
    return (
      <Panel title="Script">
        <div className="flex flex-wrap items-center gap-3 text-sm">
          <FileCode2 className="size-4 text-muted" strokeWidth={1.5} aria-hidden />
          <p className="min-w-0 flex-1 basis-48">
            <Link
              href={paths.script(script.id)}
              className="break-words rounded-control font-medium hover:underline"
            >
              {script.name}
            </Link>
            <span className="block text-muted">
              {languageName(script.language)} · version {script.current.number}
              {script.description && ` · ${script.description}`}
            </span>
          </p>
          <Button size="sm" onClick={() => onChoose("")}>
            Choose another
          </Button>
        </div>
      </Panel>
    );
  }
  return (
    <Panel
      title="Script"
      flush
      actions={
        can("scripts:write") && (
          <Button size="sm" onClick={() => onAdHoc({ language: "powershell", body: "" })}>
            <PenLine className="size-4" strokeWidth={1.5} aria-hidden />
            Write one here
          </Button>
        )
      }
    >
      <ScriptPicker chosen={scriptId} onChoose={onChoose} />
    </Panel>
  );
}

function ScriptPicker({ chosen, onChoose }: { chosen: string; onChoose: (id: string) => void }) {
  const [text, setText] = useState("");
  const scripts = useInfiniteQuery(
    scriptsQuery({ q: useDeferredValue(text.trim()), sort: "name", limit: 50 }),
  );
  return (
    <>
      <div className="relative border-line border-b">
        <Search className="absolute top-3 left-4 size-4 text-faint" strokeWidth={1.5} aria-hidden />
        <input
          type="search"
          aria-label="Search the scripts"
          placeholder="Search the scripts"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-10 w-full bg-transparent pr-4 pl-10 text-sm focus-visible:-outline-offset-2"
        />
      </div>
      {scripts.isError ? (
        <ErrorState error={scripts.error} onRetry={() => scripts.refetch()} what="The scripts" />
      ) : scripts.data ? (
        <ul aria-label="Scripts" className="max-h-72 overflow-y-auto">
          {scripts.data.items.map((script) => (
            <ScriptOption
              key={script.id}
              script={script}
              chosen={script.id === chosen}
              onChoose={() => onChoose(script.id)}
            />
          ))}
          {scripts.data.items.length === 0 && (
            <li className="px-4 py-6 text-center text-muted text-sm">
              {text
                ? `No script is called “${text}”.`
                : "The library is empty. Write a script here, or under Scripts."}
            </li>
          )}
        </ul>
      ) : (
        <PanelSkeleton label="Loading the scripts" />
      )}
    </>
  );
}

function ScriptOption({
  script,
  chosen,
  onChoose,
}: {
  script: Script;
  chosen: boolean;
  onChoose: () => void;
}) {
  return (
    <li>
      <button
        type="button"
        onClick={onChoose}
        className="flex w-full items-center gap-3 px-4 py-2 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
      >
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{script.name}</span>
          <span className="block truncate text-muted">
            {script.description || languageName(script.language)}
          </span>
        </span>
        {chosen && <Check className="size-4 text-accent" aria-hidden />}
        <span className="shrink-0 text-muted text-xs">{languageName(script.language)}</span>
      </button>
    </li>
  );
}
