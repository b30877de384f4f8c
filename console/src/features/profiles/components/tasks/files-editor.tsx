"use client";

import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { TextAreaField, TextField } from "@/components/field";
import type { InjectedFile } from "@/lib/api/types";
import type { FieldErrors } from "../../task-errors";

type FilesEditorProps = {
  files: InjectedFile[];
  onChange: (files: InjectedFile[]) => void;
  errors: FieldErrors;
  readOnly: boolean;
};

export function FilesEditor({ files, onChange, errors, readOnly }: FilesEditorProps) {
  const replace = (index: number, change: Partial<InjectedFile>) =>
    onChange(files.map((one, at) => (at === index ? { ...one, ...change } : one)));
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 font-medium text-sm">
        Files<span className="ml-1.5 font-normal text-faint">optional</span>
      </legend>
      {files.map((file, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the path is being edited
          key={index}
          className="flex flex-col gap-3 rounded-control border border-line p-3"
        >
          <div className="flex items-start gap-2">
            <TextField
              className="flex-1"
              label={`Path of file ${index + 1}`}
              mono
              value={file.path}
              onChange={(event) => replace(index, { path: event.target.value })}
              error={errors("files", index, "path")}
              placeholder="ProgramData\Contoso\settings.ini"
              spellCheck={false}
            />
            {!readOnly && (
              <Button
                variant="ghost"
                size="icon"
                className="mt-6"
                aria-label={`Remove file ${index + 1}`}
                onClick={() => onChange(files.filter((_, at) => at !== index))}
              >
                <X className="size-4" strokeWidth={1.5} aria-hidden />
              </Button>
            )}
          </div>
          <TextAreaField
            label={`Text of file ${index + 1}`}
            mono
            rows={4}
            value={file.text}
            onChange={(event) => replace(index, { text: event.target.value })}
            error={errors("files", index, "text")}
            spellCheck={false}
          />
        </div>
      ))}
      {!readOnly && (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2 self-start"
          onClick={() => onChange([...files, { path: "", text: "" }])}
        >
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          Add a file
        </Button>
      )}
    </fieldset>
  );
}
