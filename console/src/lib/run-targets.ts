import { paths } from "@/lib/paths";

const KEY = "deployflow.run-targets";
/** More ids than this do not fit a link: they wait in the tab's own storage for the run page. */
const MAX_IN_LINK = 20;

export function keepTargets(ids: string[]): string {
  if (ids.length <= MAX_IN_LINK) return paths.run({ device: ids });
  sessionStorage.setItem(KEY, JSON.stringify(ids));
  return `${paths.run()}?selection=1`;
}

export function keptTargets(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}
