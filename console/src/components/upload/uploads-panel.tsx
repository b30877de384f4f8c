"use client";

import { useQuery } from "@tanstack/react-query";
import type { UnfinishedUpload } from "@/lib/api/types";
import { uploadsQuery } from "@/lib/api/uploads";
import { type UploadPurpose, useTransfers } from "@/lib/uploads/store";
import { TransferRow } from "./transfer-row";
import { WaitingUpload } from "./waiting-upload";

type UploadsPanelProps = {
  purpose: UploadPurpose;
  /** What becomes of a file once all of it is here. */
  finish: (uploadId: string, draft: unknown) => Promise<unknown>;
  /** Open the form with this upload: its details were typed elsewhere, or have to be mended. */
  onDetails: (upload: UnfinishedUpload, draft: unknown) => void;
};

/** Files on their way: those this page sends, and those that wait on the server to be gone on with. */
export function UploadsPanel({ purpose, finish, onDetails }: UploadsPanelProps) {
  const transfers = useTransfers(purpose);
  const uploads = useQuery(uploadsQuery);
  const sent = new Set(transfers.map((one) => one.uploadId));
  const waiting = (uploads.data ?? []).filter(
    (upload) => upload.purpose === purpose && upload.state !== "taken" && !sent.has(upload.id),
  );
  if (transfers.length + waiting.length === 0) return null;
  return (
    <section
      aria-label="Uploads"
      className="mb-4 divide-y divide-line overflow-hidden rounded-panel border border-line bg-surface"
    >
      {transfers.map((transfer) => (
        <TransferRow key={transfer.key} transfer={transfer} />
      ))}
      {waiting.map((upload) => (
        <WaitingUpload key={upload.id} upload={upload} finish={finish} onDetails={onDetails} />
      ))}
    </section>
  );
}
