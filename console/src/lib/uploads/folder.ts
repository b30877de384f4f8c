import type { FolderFile } from "./zip";

export type Dropped = { kind: "file"; file: File } | { kind: "folder"; name: string; files: FolderFile[] };

/** What was dropped: the first file, or the first folder with all that is in it. */
export async function readDrop(data: DataTransfer): Promise<Dropped | null> {
  const entry = data.items[0]?.webkitGetAsEntry() ?? null;
  if (entry?.isDirectory) {
    const folder = entry as FileSystemDirectoryEntry;
    return { kind: "folder", name: folder.name, files: await filesIn(folder, "") };
  }
  const file = data.files[0];
  return file ? { kind: "file", file } : null;
}

/** What `<input webkitdirectory>` gives. */
export function readChosenFolder(list: FileList): Dropped | null {
  const files = [...list].map((file) => ({ path: withoutFirst(file.webkitRelativePath), file }));
  const name = list[0]?.webkitRelativePath.split("/")[0];
  return name ? { kind: "folder", name, files: inOrder(files) } : null;
}

function withoutFirst(path: string): string {
  return path.slice(path.indexOf("/") + 1);
}

function inOrder(files: FolderFile[]): FolderFile[] {
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesIn(folder: FileSystemDirectoryEntry, under: string): Promise<FolderFile[]> {
  const reader = folder.createReader();
  const found: FolderFile[] = [];
  // A reader gives a hundred at a time, and nothing when it is through.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (entries.length === 0) return inOrder(found);
    for (const entry of entries) {
      const path = under ? `${under}/${entry.name}` : entry.name;
      if (entry.isDirectory) found.push(...(await filesIn(entry as FileSystemDirectoryEntry, path)));
      else {
        const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
        found.push({ path, file });
      }
    }
  }
}
