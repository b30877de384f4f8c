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
import type { DriverRule, UnfinishedUpload } from "@/lib/api/types";
import { uploadsQuery } from "@/lib/api/uploads";
import { bytes, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import type { Dropped } from "@/lib/uploads/folder";
import { startTransfer } from "@/lib/uploads/store";
import { zipFolder } from "@/lib/uploads/zip";
import { type PackDraft, packBody, useFinishPackUpload, useImportPack } from "../api";
import { cleanRules, ruleProblem } from "../rules";
import { RulesEditor } from "./rules-editor";
import { ServerDriversField } from "./server-drivers-field";

export type PackStart = {
  dropped?: Dropped;
  upload?: UnfinishedUpload;
  draft?: PackDraft | null;
  /** For a model of the fleet that no pack is for. */
  rule?: DriverRule;
};

type PackSheetProps = { start: PackStart; onClose: () => void };
type Source = "upload" | "path";

export const PACK_ENDINGS = ".zip,.cab";

export function PackSheet({ start, onClose }: PackSheetProps) {
  const formId = useId();
  const router = useRouter();
  const take = useImportPack();
  const finish = useFinishPackUpload();
  const uploads = useQuery(uploadsQuery);
  const [source, setSource] = useState<Source>("upload");
  const [dropped, setDropped] = useState<Dropped | null>(start.dropped ?? null);
  const [path, setPath] = useState("");
  const [tried, setTried] = useState(false);
  const [packing, setPacking] = useState(false);
  const [folderProblem, setFolderProblem] = useState<string | null>(null);
  const [draft, setDraft] = useState<PackDraft>(() => ({
    name: start.rule?.model ?? nameOf(start.dropped) ?? start.upload?.file_name.replace(/\.\w+$/, "") ?? "",
    pack_version: "",
    description: "",
    sha256: "",
    rules: start.rule ? [start.rule] : [],
    ...start.draft,
  }));
  const change = (part: Partial<PackDraft>) => {
    take.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const takeDrop = (given: Dropped) => {
    setFolderProblem(null);
    if (draft.name.trim() === "" || draft.name === nameOf(dropped)) change({ name: nameOf(given) ?? "" });
    setDropped(given);
  };
  const problems = {
    name: draft.name.trim() === "" ? "Give the pack a name." : undefined,
    file:
      source === "upload" && !start.upload && !dropped
        ? "Choose a zip, a cab or a folder of drivers."
        : undefined,
    path: source === "path" && path === "" ? "Choose what to import." : undefined,
    rules: draft.rules.some(ruleProblem) ? "A rule names too little." : undefined,
  };
  const errors: Partial<typeof problems> = tried ? problems : {};
  const nameTaken = errorCode(take.error) === "name_taken" ? errorText(take.error) : undefined;
  const general =
    take.error && !nameTaken && !(take.error instanceof ApiError && take.error.errors.length > 0)
      ? errorText(take.error)
      : null;

  const send = async () => {
    if (!dropped) return;
    setPacking(true);
    try {
      const file = dropped.kind === "file" ? dropped.file : await zipFolder(dropped.files);
      const fileName = dropped.kind === "file" ? dropped.file.name : `${dropped.name}.zip`;
      const clean = { ...draft, rules: cleanRules(draft.rules) };
      const begun = (uploads.data ?? []).find(
        (one) =>
          one.purpose === "driver_pack" &&
          one.state === "open" &&
          one.file_name === fileName &&
          one.size_bytes === file.size,
      );
      void startTransfer({
        file,
        fileName,
        purpose: "driver_pack",
        uploadId: begun?.id,
        remembered: { draft: clean, modifiedAt: dropped.kind === "file" ? dropped.file.lastModified : null },
        finish: (uploadId) => finish(uploadId, clean),
      });
      onClose();
    } catch (error) {
      setFolderProblem(errorText(error));
    } finally {
      setPacking(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(problems).some(Boolean)) return;
    if (source === "upload" && !start.upload) return void send();
    const from = source === "path" ? { path } : { upload_id: start.upload?.id };
    take.mutate(packBody({ ...draft, rules: cleanRules(draft.rules) }, from), {
      onSuccess: (pack) => {
        onClose();
        toast.done(`${pack.name} is being read.`);
        router.push(paths.driverPack(pack.id));
      },
    });
  };

  return (
    <Dialog
      open
      shape="sheet"
      wide
      onOpenChange={(open) => !open && onClose()}
      title="Add a driver pack"
      description="The drivers of one or several models, as the maker offers them for deployment."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} variant="primary" busy={take.isPending || packing}>
            {source === "upload" && !start.upload ? "Upload" : "Import"}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-5">
        {!start.upload && (
          <RadioCards
            label="Where it comes from"
            value={source}
            choices={[
              { value: "upload", label: "This computer", help: "A zip, a cab or a folder." },
              { value: "path", label: "The server's import folder", help: "An archive or a folder there." },
            ]}
            onChange={setSource}
          />
        )}
        {source === "path" && <ServerDriversField value={path} onChange={setPath} error={errors.path} />}
        {source === "upload" &&
          (start.upload ? (
            <p className="rounded-control border border-line bg-sunken px-3 py-2.5 text-sm">
              {start.upload.file_name}{" "}
              <span className="text-muted">· {bytes(start.upload.size_bytes)}, on the server</span>
            </p>
          ) : (
            <DropZone
              label="The driver pack's file"
              accept={PACK_ENDINGS}
              folders
              error={folderProblem ?? errors.file}
              onDrop={takeDrop}
            >
              {dropped ? (
                <DroppedWords dropped={dropped} />
              ) : (
                "Drop a zip, a cab or a folder here, or choose a file"
              )}
            </DropZone>
          ))}
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_9rem]">
          <TextField
            label="Name"
            value={draft.name}
            maxLength={200}
            onChange={(event) => change({ name: event.target.value })}
            placeholder="Latitude 54x0"
            error={errors.name ?? nameTaken ?? fieldError(take.error, "name")}
          />
          <TextField
            label="Version"
            optional
            value={draft.pack_version}
            maxLength={100}
            onChange={(event) => change({ pack_version: event.target.value })}
            placeholder="A12"
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
        <RulesEditor rules={draft.rules} strict={tried} onChange={(rules) => change({ rules })} />
        {general && (
          <p role="alert" className="text-bad text-sm">
            {general}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function DroppedWords({ dropped }: { dropped: Dropped }) {
  const size =
    dropped.kind === "file" ? dropped.file.size : dropped.files.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <>
      <span className="block font-medium text-text">
        {dropped.kind === "file" ? dropped.file.name : dropped.name}
      </span>
      {dropped.kind === "folder" && `${plural(dropped.files.length, "file")}, `}
      {bytes(size)}
    </>
  );
}

function nameOf(dropped: Dropped | null | undefined): string | null {
  if (!dropped) return null;
  return dropped.kind === "folder" ? dropped.name : dropped.file.name.replace(/\.\w{1,5}$/, "");
}
