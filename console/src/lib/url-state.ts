import { useSearchParams } from "next/navigation";

export type UrlChanges = Record<string, string | null>;
export type UrlState = { get: (key: string) => string; set: (changes: UrlChanges) => void };

/** What a page keeps in its query string. A change replaces the entry in the history: back leaves the page. */
export function useUrlState(): UrlState {
  const params = useSearchParams();
  return { get: (key) => params.get(key) ?? "", set: replaceQuery };
}

export function useUrlValue(key: string): [string, (value: string | null) => void] {
  const { get, set } = useUrlState();
  return [get(key), (value) => set({ [key]: value })];
}

function replaceQuery(changes: UrlChanges): void {
  // Next hears of it and gives every reader the new query.
  history.replaceState(null, "", location.pathname + changedQuery(location.search, changes) + location.hash);
}

/** The query with the changes in it, as short and readable as an address allows. */
export function changedQuery(search: string, changes: UrlChanges): string {
  const params = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    if (value) params.set(key, value);
    else params.delete(key);
  }
  const query = params.toString().replace(READABLE, decodeURIComponent);
  return query && `?${query}`;
}

/** Letters that URLSearchParams writes in code and that mean nothing in a query: , ~ : / @ */
const READABLE = /%(2C|7E|3A|2F|40)/g;
