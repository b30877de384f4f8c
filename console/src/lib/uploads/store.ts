import { useSyncExternalStore } from "react";
import type { Upload } from "tus-js-client";
import type { UnfinishedUpload } from "@/lib/api/types";
import { forgetDraft, type Remembered, rememberDraft } from "./memory";
import { isPassing, sentenceOf, statusOf } from "./problem";
import { nextRate, type RateSample } from "./rate";

export type UploadPurpose = UnfinishedUpload["purpose"];

/** A file that this page sends. It goes on while one looks at other pages. */
export type Transfer = {
  key: string;
  purpose: UploadPurpose;
  fileName: string;
  sizeBytes: number;
  sentBytes: number;
  bytesPerSecond: number | null;
  uploadId: string | null;
  phase: "sending" | "waiting" | "finishing" | "failed";
  problem: string | null;
};

export type NewTransfer = {
  file: Blob;
  fileName: string;
  purpose: UploadPurpose;
  /** An upload that was begun before and goes on. */
  uploadId?: string;
  /** Kept in this browser, for after a reload. */
  remembered: Remembered | null;
  /** Called once all of it is on the server. */
  finish: (uploadId: string) => Promise<unknown>;
};

const ENDPOINT = "/api/v1/uploads";
/** Proxies that keep a whole body before they pass it on can do with this; a cut costs at most one of these. */
const CHUNK_BYTES = 64 * 1024 * 1024;
/** A quarter of an hour in all; progress begins them anew. After that a person says when to go on. */
const RETRY_MS = [0, 1_000, 2_000, 5_000, 10_000, ...Array<number>(30).fill(30_000)];
const RATE_EVERY_MS = 1_000;

let transfers: readonly Transfer[] = [];
const listeners = new Set<() => void>();
const running = new Map<string, Upload>();
let nextKey = 1;

function publish(next: readonly Transfer[]): void {
  transfers = next;
  for (const listener of listeners) listener();
}

function change(key: string, part: Partial<Transfer>): void {
  publish(transfers.map((one) => (one.key === key ? { ...one, ...part } : one)));
}

function drop(key: string): void {
  running.delete(key);
  publish(transfers.filter((one) => one.key !== key));
}

export function useTransfers(purpose?: UploadPurpose): readonly Transfer[] {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => transfers,
    () => transfers,
  );
  return purpose ? all.filter((one) => one.purpose === purpose) : all;
}

/** Send a file to the server, piece by piece, over cut networks and server restarts. */
export async function startTransfer(wanted: NewTransfer): Promise<void> {
  const key = `t${nextKey++}`;
  publish([
    ...transfers,
    {
      key,
      purpose: wanted.purpose,
      fileName: wanted.fileName,
      sizeBytes: wanted.file.size,
      sentBytes: 0,
      bytesPerSecond: null,
      uploadId: wanted.uploadId ?? null,
      phase: "sending",
      problem: null,
    },
  ]);
  try {
    const upload = await makeUpload(key, wanted);
    if (!transfers.some((one) => one.key === key)) return;
    running.set(key, upload);
    upload.start();
  } catch {
    change(key, { phase: "failed", problem: "The part of the console that uploads could not be loaded." });
  }
}

async function makeUpload(key: string, wanted: NewTransfer): Promise<Upload> {
  // Loaded with the first upload: a first view has no use for it.
  const tus = await import("tus-js-client");
  let sample: RateSample | null = null;
  const upload: Upload = new tus.Upload(wanted.file, {
    endpoint: ENDPOINT,
    uploadUrl: wanted.uploadId ? `${ENDPOINT}/${wanted.uploadId}` : null,
    metadata: { purpose: wanted.purpose, filename: wanted.fileName },
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_MS,
    storeFingerprintForResuming: false,
    onUploadUrlAvailable: () => {
      const uploadId = idOf(upload);
      change(key, { uploadId });
      if (uploadId && wanted.remembered) rememberDraft(uploadId, wanted.remembered);
    },
    onProgress: (sentBytes) => {
      const now = performance.now();
      sample ??= { at: now, bytes: sentBytes, rate: null };
      if (now - sample.at >= RATE_EVERY_MS) sample = nextRate(sample, now, sentBytes);
      change(key, { sentBytes, bytesPerSecond: sample.rate, phase: "sending", problem: null });
    },
    onShouldRetry: (error) => {
      const again = isPassing(statusOf(error));
      sample = null;
      if (again) change(key, { phase: "waiting", bytesPerSecond: null });
      return again;
    },
    onError: (error) => change(key, { phase: "failed", bytesPerSecond: null, problem: sentenceOf(error) }),
    onSuccess: () => void arrived(key, upload, wanted),
  });
  return upload;
}

async function arrived(key: string, upload: Upload, wanted: NewTransfer): Promise<void> {
  const uploadId = idOf(upload);
  change(key, { phase: "finishing", sentBytes: wanted.file.size, bytesPerSecond: null });
  if (!uploadId) return;
  try {
    await wanted.finish(uploadId);
    forgetDraft(uploadId);
  } catch (error) {
    // The file is on the server and waits there; what to mend stands beside it.
    const problem = error instanceof Error ? error.message : "The import could not be begun.";
    if (wanted.remembered) rememberDraft(uploadId, { ...wanted.remembered, problem });
  }
  drop(key);
}

/** Go on with one that gave up, or whose network is back. */
export function goOn(key: string): void {
  const upload = running.get(key);
  if (!upload) return;
  change(key, { phase: "sending", problem: null });
  void upload.abort().then(() => upload.start());
}

/** Stop one and drop it from the server. */
export async function cancelTransfer(key: string): Promise<void> {
  const upload = running.get(key);
  const uploadId = transfers.find((one) => one.key === key)?.uploadId;
  drop(key);
  if (uploadId) forgetDraft(uploadId);
  await upload?.abort(Boolean(uploadId)).catch(() => undefined);
}

function idOf(upload: Upload): string | null {
  return upload.url?.split("/").at(-1) ?? null;
}

if (typeof window !== "undefined") {
  // A request that hangs in a network that is gone would wait for minutes.
  window.addEventListener("offline", () => {
    for (const { key, phase } of transfers) {
      if (phase !== "sending") continue;
      change(key, { phase: "waiting", bytesPerSecond: null });
      void running.get(key)?.abort();
    }
  });
  window.addEventListener("online", () => {
    for (const { key, phase } of transfers) if (phase === "waiting") goOn(key);
  });
}
