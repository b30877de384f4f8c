import { useMemo } from "react";
import type { Filter, FilterOperator, ListState } from "@/lib/api/request";
import { useUrlState } from "@/lib/url-state";

const OPERATORS: readonly FilterOperator[] = [
  "eq",
  "ne",
  "in",
  "contains",
  "gt",
  "gte",
  "lt",
  "lte",
  "is_null",
];

/** `status.eq.online~tag.in.kiosk,pilot`: readable in a shared link. */
export function readFilters(text: string): Filter[] {
  return text.split("~").flatMap((part) => {
    const [field, op, ...value] = part.split(".");
    const operator = OPERATORS.find((known) => known === op);
    return field && operator ? [{ field, op: operator, value: value.join(".") }] : [];
  });
}

export function writeFilters(filters: readonly Filter[]): string {
  return filters.map(({ field, op, value }) => `${field}.${op}.${value}`).join("~");
}

export type Density = "compact" | "comfortable";

export type ListUrl = {
  q: string;
  sort: string;
  filters: Filter[];
  columns: string[] | null;
  density: Density;
  /** What the API is asked for. */
  request: ListState;
  isFiltered: boolean;
  setQ: (q: string) => void;
  setSort: (sort: string) => void;
  setFilters: (filters: Filter[]) => void;
  setColumns: (columns: string[] | null) => void;
  setDensity: (density: Density) => void;
  clear: () => void;
};

/** Everything that shapes a list lives in the URL, so a link shows the same list. */
export function useListUrl(defaultSort = ""): ListUrl {
  const { get, set } = useUrlState();
  const q = get("q");
  const sort = get("sort") || defaultSort;
  const columnsText = get("cols");
  const filters = readFilters(get("f"));
  // The same array as long as the URL says the same: the rows of a table are drawn again when it changes.
  const columns = useMemo(() => (columnsText ? columnsText.split(",") : null), [columnsText]);
  return {
    q,
    sort,
    filters,
    columns,
    density: get("density") === "comfortable" ? "comfortable" : "compact",
    request: { q, sort, filters },
    isFiltered: q !== "" || filters.length > 0,
    setQ: (next) => set({ q: next }),
    setSort: (next) => set({ sort: next === defaultSort ? null : next }),
    setFilters: (next) => set({ f: writeFilters(next) }),
    setColumns: (next) => set({ cols: next?.join(",") ?? null }),
    setDensity: (next) => set({ density: next === "compact" ? null : next }),
    clear: () => set({ q: null, f: null }),
  };
}

/** One header click: ascending, descending, back to the default. */
export function nextSort(sort: string, field: string): string {
  if (sort === field) return `-${field}`;
  if (sort === `-${field}`) return "";
  return field;
}
