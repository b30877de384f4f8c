/** What an upload that was begun here is to become. In this browser only: the server knows the file and no more. */
export type Remembered = {
  draft: unknown;
  /** Of the file on this computer; null where a folder was put into a zip. */
  modifiedAt: number | null;
  problem?: string;
};

const KEY = "deployflow.uploads";
const MOST = 20;

export function rememberDraft(uploadId: string, what: Remembered): void {
  const entries = Object.entries(readAll()).filter(([id]) => id !== uploadId);
  write(Object.fromEntries([...entries.slice(1 - MOST), [uploadId, what]]));
}

export function recallDraft(uploadId: string): Remembered | null {
  return readAll()[uploadId] ?? null;
}

export function forgetDraft(uploadId: string): void {
  const { [uploadId]: _gone, ...rest } = readAll();
  write(rest);
}

function readAll(): Record<string, Remembered> {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, Remembered>) : {};
  } catch {
    return {};
  }
}

function write(all: Record<string, Remembered>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // A full or forbidden store: the details are then typed once more after a reload.
  }
}
