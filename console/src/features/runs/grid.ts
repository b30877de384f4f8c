const STATUS_OF: Record<string, string> = {
  h: "held",
  p: "pending",
  l: "leased",
  r: "running",
  s: "succeeded",
  f: "failed",
  t: "timed_out",
  i: "interrupted",
  c: "cancelled",
  e: "expired",
};

export const GRID_COLUMNS = 80;
const PITCH = 10;
const CELL = 8;

export const gridHeight = (cells: number): number => Math.ceil(cells / GRID_COLUMNS) * PITCH;
export const GRID_WIDTH = GRID_COLUMNS * PITCH;

/** One path for each status: ten thousand devices are ten elements of a page, not ten thousand. */
export function gridPaths(statuses: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (let index = 0; index < statuses.length; index += 1) {
    const status = STATUS_OF[statuses[index] ?? ""] ?? "unknown";
    const x = (index % GRID_COLUMNS) * PITCH;
    const y = Math.floor(index / GRID_COLUMNS) * PITCH;
    paths.set(status, `${paths.get(status) ?? ""}M${x} ${y}h${CELL}v${CELL}h-${CELL}z`);
  }
  return paths;
}

/** Which device lies at a place of the drawing. */
export function cellAt(x: number, y: number, cells: number): number | null {
  const column = Math.floor(x / PITCH);
  const index = Math.floor(y / PITCH) * GRID_COLUMNS + column;
  return column >= 0 && column < GRID_COLUMNS && index >= 0 && index < cells ? index : null;
}

export const statusAt = (statuses: string, index: number): string =>
  STATUS_OF[statuses[index] ?? ""] ?? "unknown";
