import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getOverview, search } from "@/lib/api/generated/sdk.gen";

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => getOverview({ signal }),
});

export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: ["search", text],
    queryFn: ({ signal }) => search({ query: { q: text }, signal }),
    enabled: text.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
