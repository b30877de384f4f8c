"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextAreaField, TextField } from "@/components/field";
import { RadioCards } from "@/components/radio-cards";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { DropZone } from "@/components/upload/drop-zone";
import { ApiError, errorCode, fieldError } from "@/lib/api/errors";
import type { ImportIn, UnfinishedUpload } from "@/lib/api/types";
import { uploadsQuery } from "@/lib/api/uploads";
import { bytes } from "@/lib/format";
import { paths } from "@/lib/paths";
import { startTransfer } from "@/lib/uploads/store";
import { type ImageDraft, importBody, useFinishImageUpload, useImportImage } from "../api";
import { nameOfFile, SHA256 } from "../words";
import { ServerFileField } from "./server-file-field";

type Source = "upload" | "url" | "path";

export type ImportStart = {
  file?: File;
  /** A file that is whole on the server already, and what was typed for it. */
  upload?: UnfinishedUpload;
  draft?: ImageDraft | null;
};

type ImportSheetProps = { start: ImportStart; onClose: () => void };

export const IMAGE_ENDINGS = ".iso,.wim,.esd";
const BLANK: ImageDraft = { name: "", image_version: "", description: "", sha256: "" };

export function ImportSheet({ start, onClose }: ImportSheetProps) {
  const formId = useId();
  const router = useRouter();
  const take = useImportImage();
  const finish = useFinishImageUpload();
  const uploads = useQuery(uploadsQuery);
  const [source, setSource] = useState<Source>("upload");
  const [file, setFile] = useState<File | null>(start.file ?? null);
  const [where, setWhere] = useState({ url: "", path: "" });
  const [tried, setTried] = useState(false);
  const [draft, setDraft] = useState<ImageDraft>(() => ({
    ...BLANK,
    name: nameOfFile(start.file?.name ?? start.upload?.file_name ?? ""),
    ...start.draft,
  }));
  const change = (part: Partial<ImageDraft>) => {
    take.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const takeFile = (given: File) => {
    setFile(given);
    if (draft.name.trim() === "" || draft.name === nameOfFile(file?.name ?? ""))
      change({ name: nameOfFile(given.name) });
  };
  const begun = (uploads.data ?? []).find(
    (one) =>
      one.purpose === "image" &&
      one.state === "open" &&
      one.file_name === file?.name &&
      one.size_bytes === file.size,
  );
  const problems = problemsOf(draft, source, { file, upload: start.upload, ...where });
  const errors = { ...(tried ? problems : {}) };
  const serverError = (field: string) => fieldError(take.error, field);
  const nameTaken = errorCode(take.error) === "name_taken" ? errorText(take.error) : undefined;
  const general =
    take.error && !nameTaken && !(take.error instanceof ApiError && take.error.errors.length > 0)
      ? errorText(take.error)
      : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    if (source === "upload" && !start.upload && file) {
      void startTransfer({
        file,
        fileName: file.name,
        purpose: "image",
        uploadId: begun?.id,
        remembered: { draft, modifiedAt: file.lastModified },
        finish: (uploadId) => finish(uploadId, draft),
      });
      onClose();
      return;
    }
    const from: Pick<ImportIn, "upload_id" | "url" | "path"> =
      source === "url"
        ? { url: where.url.trim() }
        : source === "path"
          ? { path: where.path }
          : { upload_id: start.upload?.id };
    take.mutate(importBody(draft, from), {
      onSuccess: (image) => {
        onClose();
        toast.done(`${image.name} is being imported.`);
        router.push(paths.image(image.id));
      },
    });
  };

  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title="Import an OS image"
      description="A Windows ISO as Microsoft ships it, or a WIM or ESD. What is in it becomes ready to deploy."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} variant="primary" busy={take.isPending}>
            {source === "upload" && !start.upload ? "Upload and import" : "Import"}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-5">
        {!start.upload && (
          <RadioCards
            label="Where it comes from"
            value={source}
            columns={1}
            choices={[
              { value: "upload", label: "This computer", help: "Goes on after a reload or a cut network." },
              { value: "url", label: "An address", help: "The server fetches it and compares its SHA-256." },
              {
                value: "path",
                label: "The server's import folder",
                help: "For what lies beside the server already.",
              },
            ]}
            onChange={setSource}
          />
        )}
        {source === "upload" &&
          (start.upload ? (
            <p className="rounded-control border border-line bg-sunken px-3 py-2.5 text-sm">
              {start.upload.file_name}{" "}
              <span className="text-muted">· {bytes(start.upload.size_bytes)}, on the server</span>
            </p>
          ) : (
            <DropZone
              label="The image's file"
              accept={IMAGE_ENDINGS}
              error={errors.file}
              onDrop={(dropped) => dropped.kind === "file" && takeFile(dropped.file)}
            >
              {file ? (
                <>
                  <span className="block font-medium text-text">{file.name}</span>
                  {bytes(file.size)}
                  {begun && `, of which ${bytes(begun.offset)} are on the server: the upload goes on there`}
                </>
              ) : (
                "Drop an ISO, WIM or ESD here, or choose one"
              )}
            </DropZone>
          ))}
        {source === "url" && (
          <TextField
            label="Address"
            type="url"
            mono
            value={where.url}
            onChange={(event) => {
              take.reset();
              setWhere({ ...where, url: event.target.value });
            }}
            placeholder="https://…/Win11_24H2_English_x64.iso"
            error={errors.url ?? serverError("url")}
            help="https, and reachable from the server. Addresses inside your network have to be allowed in its settings."
          />
        )}
        {source === "path" && (
          <ServerFileField
            value={where.path}
            error={errors.path}
            onChange={(path) => {
              setWhere({ ...where, path });
              if (draft.name.trim() === "") change({ name: nameOfFile(path.split("/").at(-1) ?? "") });
            }}
          />
        )}
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_9rem]">
          <TextField
            label="Name"
            value={draft.name}
            maxLength={200}
            onChange={(event) => change({ name: event.target.value })}
            placeholder="Windows 11 Enterprise"
            error={errors.name ?? nameTaken ?? serverError("name")}
          />
          <TextField
            label="Version"
            optional
            value={draft.image_version}
            maxLength={100}
            onChange={(event) => change({ image_version: event.target.value })}
            placeholder="24H2"
            error={serverError("image_version")}
          />
        </div>
        <TextAreaField
          label="Description"
          optional
          rows={2}
          maxLength={2000}
          value={draft.description}
          onChange={(event) => change({ description: event.target.value })}
        />
        <TextField
          label="SHA-256 of the file"
          optional={source !== "url"}
          mono
          value={draft.sha256}
          onChange={(event) => change({ sha256: event.target.value })}
          error={errors.sha256 ?? serverError("sha256")}
          help="As the page says that the file comes from. A file that is another, or was damaged, is then refused."
        />
        {general && (
          <p role="alert" className="text-bad text-sm">
            {general}
          </p>
        )}
      </form>
    </Dialog>
  );
}

type Given = { file: File | null; upload?: UnfinishedUpload; url: string; path: string };
type Problems = Partial<Record<"name" | "file" | "url" | "path" | "sha256", string>>;

function problemsOf(draft: ImageDraft, source: Source, given: Given): Problems {
  const found: Problems = {};
  if (draft.name.trim() === "") found.name = "Give the image a name.";
  if (draft.sha256.trim() !== "" && !SHA256.test(draft.sha256)) {
    found.sha256 = "A SHA-256 has 64 digits, 0 to 9 and a to f.";
  }
  if (source === "upload" && !given.upload) {
    if (!given.file) found.file = "Choose the file to import.";
    else if (given.file.size === 0) found.file = "This file is empty: choose another.";
  }
  if (source === "url") {
    if (!/^https?:\/\/./.test(given.url.trim()))
      found.url = "Give the whole address, beginning with https://.";
    if (draft.sha256.trim() === "")
      found.sha256 = "Needed here: else nobody could tell what the address gave.";
  }
  if (source === "path" && given.path === "") found.path = "Choose a file.";
  return found;
}
