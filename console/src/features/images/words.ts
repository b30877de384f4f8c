import type { ImageImport } from "@/lib/api/types";

/** Where an image came from, in a word or two. */
export function sourceWord(row: Pick<ImageImport, "source" | "url" | "path" | "file_name">): string {
  if (row.source === "url") return hostOf(row.url) ?? "an address";
  if (row.source === "server") return `Import folder: ${row.path ?? row.file_name}`;
  return `Upload: ${row.file_name}`;
}

function hostOf(url: string | null): string | null {
  return url && URL.canParse(url) ? new URL(url).host : null;
}

/** `Win11_24H2_English_x64.iso` → "Win11 24H2 English x64". */
export function nameOfFile(fileName: string): string {
  return fileName
    .replace(/\.[a-z0-9]{1,5}$/i, "")
    .replace(/[_.]+/g, " ")
    .trim();
}

export const SHA256 = /^\s*[0-9a-f]{64}\s*$/i;
