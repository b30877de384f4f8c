/** A file of a folder, by its path below it. */
export type FolderFile = { path: string; file: File };

export class FolderTooLarge extends Error {}

/** Beyond these a zip needs another format, and a folder another way. */
const MOST_FILES = 10_000;
const MOST_BYTES = 4 * 1024 ** 3 - 1;

/**
 * Puts a folder into one zip, stored and not compressed: a driver folder goes up as one file, and the server writes
 * an archive of its own anyway. The parts of the blob are the files themselves, so nothing is held in memory.
 */
export async function zipFolder(files: readonly FolderFile[]): Promise<Blob> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > MOST_FILES || total > MOST_BYTES) {
    throw new FolderTooLarge(
      `This folder has ${files.length} files and ${Math.round(total / 1024 ** 2)} MB: make a zip or cab of it, or put it into the server's import folder.`,
    );
  }
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directoryBytes = 0;
  for (const { path, file } of files) {
    const name = new TextEncoder().encode(path);
    const crc = await crcOf(file);
    const local = header(0x04034b50, name, [0, crc, file.size], null);
    const central = header(0x02014b50, name, [0, crc, file.size], offset);
    parts.push(local, file);
    directory.push(central);
    offset += local.byteLength + file.size;
    directoryBytes += central.byteLength;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, directoryBytes, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, ...directory, end.buffer], { type: "application/zip" });
}

const UTF8_NAMES = 0x0800;
/** 1 January 1980: the same folder makes the same zip, so an upload that was cut goes on. */
const FIRST_DAY = 0x0021;

function header(
  mark: number,
  name: Uint8Array,
  [method, crc, size]: [number, number, number],
  at: number | null,
): ArrayBuffer {
  const central = at !== null;
  const fixed = central ? 46 : 30;
  const view = new DataView(new ArrayBuffer(fixed + name.length));
  // The central header has the version that made it before what both have.
  let pos = 0;
  const put16 = (value: number) => {
    view.setUint16(pos, value, true);
    pos += 2;
  };
  const put32 = (value: number) => {
    view.setUint32(pos, value, true);
    pos += 4;
  };
  put32(mark);
  if (central) put16(20);
  put16(20);
  put16(UTF8_NAMES);
  put16(method);
  put16(0);
  put16(FIRST_DAY);
  put32(crc);
  put32(size);
  put32(size);
  put16(name.length);
  put16(0);
  if (central) {
    pos += 10;
    put32(at);
  }
  new Uint8Array(view.buffer).set(name, fixed);
  return view.buffer;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

async function crcOf(file: File): Promise<number> {
  let crc = 0xffffffff;
  const reader = file.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    for (const byte of read.value) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
