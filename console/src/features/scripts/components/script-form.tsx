"use client";

import { useState } from "react";
import { TextField } from "@/components/field";
import { SaveBar } from "@/components/save-bar";
import { toast } from "@/components/toasts";
import { errorCode } from "@/lib/api/errors";
import type { ScriptDetail } from "@/lib/api/types";
import { useDraft } from "@/lib/draft";
import { useCan } from "@/lib/session";
import { type ScriptDraft, useSaveScript } from "../api";
import { ScriptFields } from "./script-fields";

export function ScriptForm({ script }: { script: ScriptDetail }) {
  const can = useCan();
  const save = useSaveScript();
  const draft = useDraft<ScriptDraft>(script);
  const [note, setNote] = useState("");
  const newVersion =
    draft.values.body !== script.body ||
    JSON.stringify(draft.values.parameters) !== JSON.stringify(script.parameters);
  const changedElsewhere = errorCode(save.error) === "precondition_failed";
  return (
    <>
      <ScriptFields draft={draft} error={save.error} languageFixed readOnly={!can("scripts:write")} />
      {newVersion && draft.dirty && (
        <TextField
          className="mt-4 max-w-180"
          label={`What is new in version ${script.current.number + 1}`}
          optional
          value={note}
          onChange={(event) => setNote(event.target.value)}
          maxLength={500}
        />
      )}
      <SaveBar
        dirty={draft.dirty}
        busy={save.isPending}
        error={
          changedElsewhere
            ? new Error(
                "Somebody else has saved this script meanwhile. Copy what you need, discard, and start from theirs.",
              )
            : save.error
        }
        label={newVersion ? `Save as version ${script.current.number + 1}` : "Save changes"}
        onDiscard={() => {
          draft.reset();
          save.reset();
        }}
        onSave={() =>
          save.mutate(
            { saved: script, draft: draft.values, note },
            {
              onSuccess: () => {
                draft.reset();
                setNote("");
                toast.done("The script is saved.");
              },
            },
          )
        }
      />
    </>
  );
}
