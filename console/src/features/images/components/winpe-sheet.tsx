"use client";

import { useQuery } from "@tanstack/react-query";
import { Disc3 } from "lucide-react";
import { type FormEvent, useEffect, useId, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { EmptyState, ErrorState, errorText, PanelSkeleton } from "@/components/states";
import { toast } from "@/components/toasts";
import { DropZone } from "@/components/upload/drop-zone";
import type { BootEnvironments } from "@/lib/api/types";
import { bytes } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { sha256Of } from "@/lib/uploads/digest";
import { uploadWhole } from "@/lib/uploads/whole";
import { bootableImagesQuery, packsForWinpeQuery, useMakeEnvironment } from "../api";
import { SHA256 } from "../words";

type WinpeSheetProps = { wimboot: BootEnvironments["wimboot"]; onClose: () => void };

export function WinpeSheet({ wimboot, onClose }: WinpeSheetProps) {
  const formId = useId();
  const can = useCan();
  const images = useQuery(bootableImagesQuery);
  const packs = useQuery({ ...packsForWinpeQuery, enabled: can("drivers:read") });
  const make = useMakeEnvironment();
  const [draft, setDraft] = useState({ image_id: "", name: "", wimboot_sha256: "" });
  const [packIds, setPackIds] = useState<string[]>([]);
  const [file, setFile] = useState<File | null>(null);
  const [computed, setComputed] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [sendError, setSendError] = useState<unknown>(null);
  // External system: the browser's digest of the chosen file.
  useEffect(() => {
    let current = true;
    setComputed(null);
    if (file) void sha256Of(file).then((digest) => current && setComputed(digest));
    return () => {
      current = false;
    };
  }, [file]);
  const change = (part: Partial<typeof draft>) => {
    make.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const chosen = draft.image_id || images.data?.[0]?.id || "";
  const wanted = draft.wimboot_sha256.trim().toLowerCase();
  const another = computed !== null && SHA256.test(wanted) && wanted !== computed;
  const problems = {
    file: wimboot || file ? undefined : "Choose the file wimboot.",
    sha256: !file
      ? undefined
      : !SHA256.test(wanted)
        ? "Give the SHA-256 that the release's page shows: 64 digits."
        : another
          ? `This file has the SHA-256 ${computed}: it is not the one that you compared. Download it again.`
          : undefined,
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!chosen || problems.file || problems.sha256) return;
    setSendError(null);
    setSending(true);
    try {
      const wimboot_upload_id = file ? await uploadWhole(file, "image") : undefined;
      const given = wimboot_upload_id ? { wimboot_upload_id, wimboot_sha256: wanted } : {};
      make.mutate(
        { image_id: chosen, name: draft.name.trim() || null, driver_pack_ids: packIds, ...given },
        {
          onSuccess: (made) => {
            toast.done(`${made.name} is being built.`);
            onClose();
          },
        },
      );
    } catch (error) {
      setSendError(error);
    } finally {
      setSending(false);
    }
  };
  const failed = sendError ?? make.error;
  return (
    <Dialog
      open
      shape="sheet"
      onOpenChange={(open) => !open && onClose()}
      title="Build WinPE"
      description="Its boot.wim comes out of an imported Windows ISO. A matter of seconds to a minute."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            disabled={!chosen}
            busy={sending || make.isPending}
          >
            Build
          </Button>
        </>
      }
    >
      {images.isError ? (
        <ErrorState error={images.error} onRetry={() => images.refetch()} what="The images" />
      ) : !images.data ? (
        <PanelSkeleton rows={4} label="Loading the images" />
      ) : images.data.length === 0 ? (
        <EmptyState
          icon={Disc3}
          title="No imported ISO yet"
          action={
            <ButtonLink href={`${paths.images}?new=1`} variant="primary">
              Import a Windows ISO
            </ButtonLink>
          }
        >
          WinPE is taken out of a Windows ISO; a WIM or ESD alone does not bring it.
        </EmptyState>
      ) : (
        <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-5">
          <SelectField
            label="Out of which ISO"
            value={chosen}
            onChange={(event) => change({ image_id: event.target.value })}
            choices={images.data.map((image) => ({
              value: image.id,
              label: [image.name, image.image_version].filter(Boolean).join(" "),
            }))}
          />
          <TextField
            label="Name"
            optional
            maxLength={200}
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
            placeholder={`WinPE of ${images.data.find((image) => image.id === chosen)?.name}`}
          />
          {packs.data && packs.data.length > 0 && (
            <fieldset className="flex flex-col gap-1">
              <legend className="mb-1.5 font-medium text-sm">
                Drivers in it <span className="ml-1.5 font-normal text-faint">optional</span>
              </legend>
              <div className="max-h-48 overflow-y-auto rounded-control border border-line-strong py-1">
                {packs.data.map((pack) => (
                  <label key={pack.id} className="flex h-9 items-center gap-3 px-3 text-sm hover:bg-hover">
                    <input
                      type="checkbox"
                      checked={packIds.includes(pack.id)}
                      onChange={() =>
                        setPackIds(
                          packIds.includes(pack.id)
                            ? packIds.filter((id) => id !== pack.id)
                            : [...packIds, pack.id],
                        )
                      }
                    />
                    <span className="truncate">{pack.name}</span>
                    <span className="ml-auto text-faint">{bytes(pack.content_bytes)}</span>
                  </label>
                ))}
              </div>
              <p className="text-muted text-sm">
                Network and storage are enough; they are loaded when WinPE starts.
              </p>
            </fieldset>
          )}
          <div className="flex flex-col gap-2">
            <p className="font-medium text-sm">
              wimboot {wimboot && <span className="ml-1.5 font-normal text-faint">optional</span>}
            </p>
            <DropZone
              label="The file wimboot"
              accept=""
              error={tried ? problems.file : undefined}
              onDrop={(dropped) => dropped.kind === "file" && setFile(dropped.file)}
            >
              {file ? (
                <>
                  <span className="block font-medium text-text">{file.name}</span>
                  {bytes(file.size)}
                </>
              ) : wimboot ? (
                "Drop another wimboot here, or leave it: the one given before is taken"
              ) : (
                "Drop the file wimboot here, or choose it"
              )}
            </DropZone>
            {computed && (
              <p className="break-all text-muted text-sm">
                Its SHA-256 is <span className="font-mono text-xs">{computed}</span>
              </p>
            )}
          </div>
          {file && (
            <TextField
              label="SHA-256 on the release's page"
              mono
              value={draft.wimboot_sha256}
              onChange={(event) => change({ wimboot_sha256: event.target.value })}
              error={tried || another ? problems.sha256 : undefined}
              help="Take it from there and not from the file: what machines start decides about everything after."
            />
          )}
          {failed !== null && failed !== undefined && (
            <p role="alert" className="break-words text-bad text-sm">
              {errorText(failed)}
            </p>
          )}
        </form>
      )}
    </Dialog>
  );
}
