import { createParser, parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { Filter, FilterOperator, ListState } from "@/lib/api/request";

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
export const parseAsFilters = createParser<Filter[]>({
  parse: (text) =>
    text.split("~").flatMap((part) => {
      const [field, op, ...value] = part.split(".");
      const operator = OPERATORS.find((known) => known === op);
      return field && operator ? [{ field, op: operator, value: value.join(".") }] : [];
    }),
  serialize: (filters) => filters.map(({ field, op, value }) => `${field}.${op}.${value}`).join("~"),
  eq: (a, b) => JSON.stringify(a) === JSON.stringify(b),
});

const DENSITIES = ["compact", "comfortable"] as const;
export type Density = (typeof DENSITIES)[number];

const parsers = {
  q: parseAsString.withDefault(""),
  sort: parseAsString.withDefault(""),
  f: parseAsFilters.withDefault([]),
  cols: parseAsArrayOf(parseAsString),
  density: parseAsStringLiteral(DENSITIES).withDefault("compact"),
};

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
  const [url, setUrl] = useQueryStates(parsers, { history: "replace", clearOnDefault: true });
  const sort = url.sort || defaultSort;
  return {
    q: url.q,
    sort,
    filters: url.f,
    columns: url.cols,
    density: url.density,
    request: { q: url.q, sort, filters: url.f },
    isFiltered: url.q !== "" || url.f.length > 0,
    setQ: (q) => setUrl({ q: q || null }),
    setSort: (next) => setUrl({ sort: next === defaultSort ? null : next }),
    setFilters: (filters) => setUrl({ f: filters.length > 0 ? filters : null }),
    setColumns: (cols) => setUrl({ cols }),
    setDensity: (density) => setUrl({ density }),
    clear: () => setUrl({ q: null, f: null }),
  };
}

/** One header click: ascending, descending, back to the default. */
export function nextSort(sort: string, field: string): string {
  if (sort === field) return `-${field}`;
  if (sort === `-${field}`) return "";
  return field;
}
