import { type InfiniteData, infiniteQueryOptions } from "@tanstack/react-query";

export type Page<Item> = { items: Item[]; next_cursor?: string | null; total?: number | null };

type CursorList<Item> = {
  queryKey: readonly unknown[];
  fetchPage: (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>;
};

/** Any list of the API as an infinite query: pages by cursor, flattened for the table. */
export function cursorList<Item>({ queryKey, fetchPage }: CursorList<Item>) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: flatten<Item>,
    placeholderData: (previous) => previous,
  });
}

export type FlatList<Item> = { items: Item[]; total: number | null };

function flatten<Item>(data: InfiniteData<Page<Item>, string | null>): FlatList<Item> {
  return { items: data.pages.flatMap((page) => page.items), total: data.pages[0]?.total ?? null };
}

/** Walks a list to its end, for CSV and "select all matching". */
export async function collect<Item>(
  fetchPage: (cursor: string | null) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await fetchPage(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor && items.length < limit);
  return items.slice(0, limit);
}
