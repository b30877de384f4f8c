"use client";

import { useState } from "react";
import { Button, buttonVariants } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { ProgressBar } from "@/components/progress-bar";
import { errorText } from "@/components/states";
import { Time } from "@/components/time";
import type { UnfinishedUpload } from "@/lib/api/types";
import { useCancelUpload } from "@/lib/api/uploads";
import { cn } from "@/lib/cn";
import { bytes } from "@/lib/format";
import { type Dropped, readChosenFolder } from "@/lib/uploads/folder";
import { forgetDraft, type Remembered, recallDraft } from "@/lib/uploads/memory";
import { startTransfer } from "@/lib/uploads/store";
import { zipFolder } from "@/lib/uploads/zip";
import { UploadLine } from "./upload-line";

type WaitingUploadProps = {
  upload: UnfinishedUpload;
  finish: (uploadId: string, draft: unknown) => Promise<unknown>;
  onDetails: (upload: UnfinishedUpload, draft: unknown) => void;
};

/** An upload that nobody sends to now: after a reload, or begun in another browser. */
export function WaitingUpload({ upload, finish, onDetails }: WaitingUploadProps) {
  const cancel = useCancelUpload();
  const [asking, setAsking] = useState(false);
  const [wrongFile, setWrongFile] = useState<string | null>(null);
  const remembered = recallDraft(upload.id);
  const whole = upload.state === "finished";
  const goOn = async (dropped: Dropped) => {
    let file: Blob;
    try {
      file = dropped.kind === "file" ? dropped.file : await zipFolder(dropped.files);
    } catch (error) {
      return setWrongFile(errorText(error));
    }
    const wrong = whyAnother(dropped, file, upload, remembered);
    setWrongFile(wrong);
    if (wrong) return;
    void startTransfer({
      file,
      fileName: upload.file_name,
      purpose: upload.purpose,
      uploadId: upload.id,
      remembered,
      finish: async (uploadId) => {
        // Without details it waits, whole, for somebody to give them.
        if (remembered) await finish(uploadId, remembered.draft);
      },
    });
  };
  const share = (upload.offset / upload.size_bytes) * 100;
  return (
    <>
      <UploadLine
        name={upload.file_name}
        words={
          wrongFile || remembered?.problem ? (
            <span role="alert" className="text-bad">
              {wrongFile ?? remembered?.problem}
            </span>
          ) : whole ? (
            <>
              All {bytes(upload.size_bytes)} are here, sent by {upload.created_by}{" "}
              <Time at={upload.created_at} />. It waits to be imported.
            </>
          ) : (
            <>
              {bytes(upload.offset)} of {bytes(upload.size_bytes)} are here. Choose the same file, and the
              rest is sent. Kept until <Time at={upload.expires_at} />.
            </>
          )
        }
        bar={
          !whole && (
            <ProgressBar
              label={`Upload of ${upload.file_name}`}
              percent={share}
              tone="wait"
              className="mt-2"
            />
          )
        }
        actions={
          <>
            {whole ? (
              <Button size="sm" onClick={() => onDetails(upload, remembered?.draft ?? null)}>
                Import…
              </Button>
            ) : (
              <ChooseAgain name={upload.file_name} folder={remembered?.modifiedAt === null} onChoose={goOn} />
            )}
            <Button size="sm" variant="ghost" onClick={() => setAsking(true)}>
              Discard
            </Button>
          </>
        }
      />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Discard ${upload.file_name}`}
        confirmLabel="Discard"
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() =>
          cancel.mutate(upload.id, {
            onSuccess: () => {
              forgetDraft(upload.id);
              setAsking(false);
            },
          })
        }
      >
        What the server has of it is deleted. The file on your computer stays as it is.
      </ConfirmDialog>
    </>
  );
}

type ChooseAgainProps = { name: string; folder: boolean; onChoose: (dropped: Dropped) => void };

function ChooseAgain({ name, folder, onChoose }: ChooseAgainProps) {
  return (
    <label
      className={cn(
        buttonVariants({ size: "sm" }),
        "cursor-pointer has-focus-visible:outline-2 has-focus-visible:outline-accent",
      )}
    >
      {folder ? "Choose the folder" : "Choose the file"}
      <input
        type="file"
        className="sr-only"
        aria-label={`Go on with ${name}`}
        ref={(input) => {
          if (folder) input?.setAttribute("webkitdirectory", "");
        }}
        onChange={(event) => {
          const { files } = event.target;
          const dropped = folder ? files && readChosenFolder(files) : asDropped(files?.[0]);
          if (dropped) onChoose(dropped);
          event.target.value = "";
        }}
      />
    </label>
  );
}

function asDropped(file: File | undefined): Dropped | null {
  return file ? { kind: "file", file } : null;
}

function whyAnother(
  chosen: Dropped,
  file: Blob,
  upload: UnfinishedUpload,
  remembered: Remembered | null,
): string | null {
  const name = chosen.kind === "file" ? chosen.file.name : chosen.name;
  if (file.size !== upload.size_bytes) {
    return `${name} has ${bytes(file.size)}, not the ${bytes(upload.size_bytes)} of the one that was begun: choose that one, or discard it and begin anew.`;
  }
  const before = remembered?.modifiedAt;
  if (typeof before === "number" && chosen.kind === "file" && chosen.file.lastModified !== before) {
    return `${name} was changed since the upload began: discard it and begin anew.`;
  }
  return null;
}
