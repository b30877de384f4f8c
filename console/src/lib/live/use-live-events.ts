import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { setLiveState } from "./live-store";
import { createTopicQueue } from "./topic-queue";

const POLL_MS = 15_000;
/** While events arrive pages are still read anew now and then: an event can be lost between server and tab. */
const REFRESH_MS = 60_000;
const SILENCE_MS = 45_000; // The server pings every 15 s; three missed pings are a dead stream.

/** Keeps one event stream open while somebody is signed in, and refetches what it names. */
export function useLiveEvents(): void {
  const queryClient = useQueryClient();
  // External system: the EventSource and its timers.
  useEffect(() => openLiveEvents(queryClient), [queryClient]);
}

export function openLiveEvents(queryClient: QueryClient): () => void {
  const topics = createTopicQueue(queryClient);
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setInterval> | undefined;
  const refresh = setInterval(topics.refreshShown, REFRESH_MS);
  let attempts = 0;
  let missedEvents = false;

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE_MS);
  };
  const opened = () => {
    attempts = 0;
    clearInterval(poll);
    poll = undefined;
    setLiveState("live");
    heard();
    // Whatever changed while the stream was down was not announced.
    if (missedEvents) queryClient.invalidateQueries();
    missedEvents = false;
  };
  const lost = () => {
    source?.close();
    clearTimeout(silence);
    missedEvents = true;
    setLiveState("reconnecting");
    poll ??= setInterval(() => queryClient.invalidateQueries({ refetchType: "active" }), POLL_MS);
    attempts += 1;
    retry = setTimeout(connect, Math.min(30_000, 500 * 2 ** attempts) * (0.5 + Math.random() / 2));
  };
  const connect = () => {
    source = new EventSource("/api/v1/events");
    source.onopen = opened;
    source.onerror = lost;
    source.addEventListener("ping", heard);
    source.addEventListener("changed", (event) => {
      heard();
      topics.add(event.data);
    });
  };

  setLiveState("connecting");
  connect();
  return () => {
    source?.close();
    topics.close();
    clearTimeout(retry);
    clearTimeout(silence);
    clearInterval(poll);
    clearInterval(refresh);
    setLiveState("off");
  };
}
