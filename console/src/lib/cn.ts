import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: { theme: { text: ["xs", "sm", "base", "lg", "xl"], radius: ["control", "panel"] } },
});

export function cn(...inputs: ClassValue[]): string {
  return merge(clsx(inputs));
}
