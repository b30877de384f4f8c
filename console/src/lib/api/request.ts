/** `If-Match` with the version the form was opened with: a save over somebody else's change answers 412. */
export function ifMatch(version: number | string): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

export type FilterOperator = "eq" | "ne" | "in" | "contains" | "gt" | "gte" | "lt" | "lte" | "is_null";
export type Filter = { field: string; op: FilterOperator; value: string };
export type ListState = { q?: string; sort?: string; filters?: Filter[]; total?: boolean; limit?: number };

/** The query of any list: `filter[field][op]=value` beside the plain words. */
export function listQuery(state: ListState, cursor?: string | null): ListQuery {
  const query: ListQuery = { limit: state.limit ?? 100 };
  if (cursor) query.cursor = cursor;
  if (state.q) query.q = state.q;
  if (state.sort) query.sort = state.sort;
  if (state.total && !cursor) query.total = true;
  for (const filter of state.filters ?? []) query[`filter[${filter.field}][${filter.op}]`] = filter.value;
  return query;
}

type ListQuery = {
  limit?: number;
  cursor?: string;
  q?: string;
  sort?: string;
  total?: boolean;
  [filter: `filter[${string}`]: string;
};
