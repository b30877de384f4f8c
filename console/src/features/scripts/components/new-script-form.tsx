"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { errorText } from "@/components/states";
import { ApiError } from "@/lib/api/errors";
import { useDraft } from "@/lib/draft";
import { useLeaveGuard } from "@/lib/leave-guard";
import { paths } from "@/lib/paths";
import { type ScriptDraft, useCreateScript } from "../api";
import { ScriptFields } from "./script-fields";

const BLANK: ScriptDraft = {
  name: "",
  description: "",
  language: "powershell",
  tags: [],
  timeout_s: 600,
  body: "",
  parameters: [],
};

export function NewScriptForm() {
  const router = useRouter();
  const create = useCreateScript();
  const draft = useDraft(BLANK);
  const [tried, setTried] = useState(false);
  useLeaveGuard(draft.dirty && !create.isSuccess);
  const { name, body } = draft.values;
  const problem =
    name.trim() === "" ? "Give the script a name." : body.trim() === "" ? "Write its body." : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem) return;
    create.mutate(draft.values, { onSuccess: (script) => router.replace(paths.script(script.id)) });
  };
  const fieldErrors = create.error instanceof ApiError ? create.error.errors : [];
  return (
    <form onSubmit={submit} noValidate>
      <ScriptFields draft={draft} error={create.error} languageFixed={false} />
      <div className="mt-5 flex flex-wrap items-center gap-3">
        <Button type="submit" variant="primary" busy={create.isPending}>
          Save the script
        </Button>
        <ButtonLink href={paths.scripts} variant="ghost">
          Cancel
        </ButtonLink>
        <p role="alert" className="text-bad text-sm">
          {tried && problem}
          {!problem && create.error && (fieldErrors[0]?.msg ?? errorText(create.error))}
        </p>
      </div>
    </form>
  );
}
