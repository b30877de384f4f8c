import type { InfiniteData, QueryClient } from "@tanstack/react-query";

/** Lists deeper than this are only marked stale: refetching every loaded page for one changed row would stutter. */
const MAX_LIVE_PAGES = 3;
const FLUSH_MS = 400;

type TopicQueue = { add: (data: string) => void; refreshShown: () => void; close: () => void };

/**
 * A topic is a query key prefix: `devices` is `["devices"]`, `device:<id>` is `["device", "<id>"]`.
 * Topics are gathered for a moment, so a burst of changes costs one refetch.
 */
export function createTopicQueue(queryClient: QueryClient): TopicQueue {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    for (const topic of waiting) {
      queryClient.invalidateQueries({
        queryKey: topicKey(topic),
        predicate: (query) => loadedPages(query.state.data) <= MAX_LIVE_PAGES,
      });
    }
    if (waiting.size > 0) queryClient.invalidateQueries({ queryKey: ["overview"] });
    waiting.clear();
  };

  return {
    add: (data) => {
      for (const topic of parseTopics(data)) waiting.add(topic);
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    refreshShown: () =>
      void queryClient.invalidateQueries({
        refetchType: "active",
        predicate: (query) => loadedPages(query.state.data) <= MAX_LIVE_PAGES,
      }),
    close: () => clearTimeout(timer),
  };
}

export function topicKey(topic: string): string[] {
  const colon = topic.indexOf(":");
  return colon < 0 ? [topic] : [topic.slice(0, colon), topic.slice(colon + 1)];
}

export function parseTopics(data: string): string[] {
  try {
    const parsed: unknown = JSON.parse(data);
    if (typeof parsed !== "object" || parsed === null || !("topics" in parsed)) return [];
    return Array.isArray(parsed.topics) ? parsed.topics.filter((topic) => typeof topic === "string") : [];
  } catch {
    return [];
  }
}

function loadedPages(data: unknown): number {
  return typeof data === "object" && data !== null && "pages" in data
    ? (data as InfiniteData<unknown>).pages.length
    : 0;
}
