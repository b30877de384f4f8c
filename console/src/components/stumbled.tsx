"use client";

import { RotateCw } from "lucide-react";
import { useEffect } from "react";
import { Button } from "./button";
import { Notice } from "./states";

const RELOADED_AT = "deployflow.reloaded-at";
const NOT_AGAIN_MS = 60_000;

/**
 * Something in the console itself broke. A page of an older version asks for files the server has no more, and one that
 * was opened while the server was away lacks some: such a page is loaded anew by itself, once a minute at most.
 */
export function Stumbled({ error }: { error: Error }) {
  const outdated = /load chunk/i.test(error.message);
  // External system: the browser's page.
  useEffect(() => {
    const last = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
    if (!outdated || Date.now() - last < NOT_AGAIN_MS) return;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    location.reload();
  }, [outdated]);
  return (
    <div role="alert">
      <Notice
        tone="bad"
        title={outdated ? "This page could not be loaded whole" : "The console stumbled"}
        action={
          <Button onClick={() => location.reload()}>
            <RotateCw className="size-4" strokeWidth={1.5} aria-hidden />
            Reload the page
          </Button>
        }
      >
        {outdated
          ? "The server may be away, or have a newer version of the console."
          : "Nothing on the server was changed by this."}
        <span className="mt-2 block break-words font-mono text-faint text-xs">{error.message}</span>
      </Notice>
    </div>
  );
}
