export type RateSample = { at: number; bytes: number; rate: number | null };

/** How much a new measurement moves the shown rate: it neither jumps nor lags for long. The server does the same. */
const WEIGHT = 0.3;

export function nextRate(before: RateSample, at: number, bytes: number): RateSample {
  const measured = Math.max(0, ((bytes - before.bytes) * 1000) / (at - before.at));
  const rate = before.rate === null ? measured : before.rate + WEIGHT * (measured - before.rate);
  return { at, bytes, rate };
}

/** "about 2 min left": nobody can say it to the second. */
export function timeLeft(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return null;
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min left`;
  return `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}
