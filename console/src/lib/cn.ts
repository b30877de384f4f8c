import { type ClassValue, clsx } from "clsx";

/** Joins class names. Where one has to win over a component's own, it says so itself: `text-bad!`. */
export function cn(...inputs: ClassValue[]): string {
  return clsx(inputs);
}
