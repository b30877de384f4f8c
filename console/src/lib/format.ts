const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "4 min ago", "in 3 h", "12 Nov": short enough for a table cell. */
export function relativeTime(iso: string, now: number): string {
  const at = new Date(iso).getTime();
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  const say = (count: number, unit: string) => (seconds < 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`);
  if (size < MINUTE) return say(size, "s");
  if (size < HOUR) return say(Math.floor(size / MINUTE), "min");
  if (size < DAY) return say(Math.floor(size / HOUR), "h");
  if (size < 30 * DAY) {
    const days = Math.floor(size / DAY);
    return say(days, days === 1 ? "day" : "days");
  }
  const sameYear = new Date(iso).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
}

export function absoluteTime(iso: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(new Date(iso));
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < MINUTE) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${Math.round(seconds % MINUTE)} s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  const days = Math.floor(seconds / DAY);
  return `${days} ${days === 1 ? "day" : "days"} ${Math.floor((seconds % DAY) / HOUR)} h`;
}

/** A duration that is still running: whole seconds, which do not flicker. */
export function counting(ms: number): string {
  return ms < MINUTE * 1000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : duration(ms);
}

/** Memory comes in powers of two, disks are sold in powers of ten. */
export function bytes(value: number | null | undefined, base: 1000 | 1024 = 1024): string {
  if (value === null || value === undefined) return "—";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= base && unit < units.length - 1) {
    size /= base;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : Number(size.toFixed(1))} ${units[unit]}`;
}

const numbers = new Intl.NumberFormat("en-GB");
export function count(value: number): string {
  return numbers.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `device.approved` → "device approved", `api_key` → "api key". */
export function words(name: string): string {
  return name.replace(/[._]/g, " ");
}

export function shortId(id: string): string {
  return id.slice(-8);
}
