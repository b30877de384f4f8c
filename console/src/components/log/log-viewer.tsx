"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronsDown, ChevronUp, Download, WrapText } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Button, buttonVariants } from "@/components/button";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";
import { type LogPart, toLines } from "@/lib/log/lines";
import { LogLineView } from "./log-line";

type LogViewerProps = {
  chunks: readonly LogPart[];
  /** More may come: the viewer follows the end unless somebody scrolled up. */
  live: boolean;
  truncated?: boolean;
  /** Where the whole text is, if the server offers one. */
  downloadHref?: string;
  empty: ReactNode;
};

const NEAR_END = 40;

export function LogViewer({ chunks, live, truncated, downloadHref, empty }: LogViewerProps) {
  const lines = useMemo(() => toLines(chunks), [chunks]);
  const [wrap, setWrap] = useState(true);
  const [follow, setFollow] = useState(live);
  const [search, setSearch] = useState("");
  const [hitIndex, setHitIndex] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const hits = useMemo(() => findHits(lines, search), [lines, search]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 40,
  });

  // External system: the scroll position, which follows the end of the log.
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines.length, virtual]);

  const goToHit = (step: number) => {
    if (hits.length === 0) return;
    const next = (hitIndex + step + hits.length) % hits.length;
    setHitIndex(next);
    setFollow(false);
    virtual.scrollToIndex(hits[next] ?? 0, { align: "center" });
  };

  return (
    <div className="flex min-h-0 flex-col overflow-hidden rounded-panel border border-line bg-sunken">
      <div className="flex flex-wrap items-center gap-1.5 border-line border-b bg-surface p-1.5 pl-3">
        <span role="status" className="figures mr-auto text-muted text-sm">
          {plural(lines.length, "line")}
          {live && <span className="ml-2 text-run">· live</span>}
          {truncated && <span className="ml-2 text-wait">· cut at the size limit</span>}
        </span>
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setHitIndex(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") goToHit(event.shiftKey ? -1 : 1);
          }}
          className="h-7 w-32 rounded-control border border-control bg-field px-2 text-sm focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 sm:w-44 [&::-webkit-search-cancel-button]:hidden"
        />
        {search && (
          <>
            <span role="status" className="figures min-w-12 text-center text-muted text-sm">
              {hits.length === 0 ? "none" : `${hitIndex + 1}/${hits.length}`}
            </span>
            <IconToggle label="Previous match" onClick={() => goToHit(-1)} icon={<ChevronUp {...icon} />} />
            <IconToggle label="Next match" onClick={() => goToHit(1)} icon={<ChevronDown {...icon} />} />
          </>
        )}
        <IconToggle
          label="Wrap lines"
          pressed={wrap}
          onClick={() => setWrap(!wrap)}
          icon={<WrapText {...icon} />}
        />
        <IconToggle
          label="Follow the end"
          pressed={follow}
          onClick={() => setFollow(!follow)}
          icon={<ChevronsDown {...icon} />}
        />
        {downloadHref && (
          <a
            href={downloadHref}
            download
            aria-label="Download the log"
            title="Download the log"
            className={buttonVariants({ variant: "ghost", size: "iconSm" })}
          >
            <Download {...icon} />
          </a>
        )}
      </div>
      <section
        ref={scroller}
        tabIndex={0}
        aria-label="Log"
        className="h-[max(15rem,calc(100dvh-17rem))] overflow-auto py-2 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
        onScroll={(event) => {
          const box = event.currentTarget;
          const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
          if (!atEnd && follow && box.scrollTop < lastTop.current - 4) setFollow(false);
          lastTop.current = box.scrollTop;
        }}
      >
        {lines.length === 0 ? (
          <div className="px-4 py-2 font-sans text-muted text-sm">{empty}</div>
        ) : (
          <div className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index];
              if (!line) return null;
              return (
                <div
                  key={item.key}
                  data-index={item.index}
                  ref={virtual.measureElement}
                  className={cn("absolute left-0", wrap ? "w-full" : "min-w-full")}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <LogLineView
                    line={line}
                    wrap={wrap}
                    search={search}
                    current={search !== "" && hits[hitIndex] === item.index}
                  />
                </div>
              );
            })}
          </div>
        )}
      </section>
    </div>
  );
}

const icon = { className: "size-4", strokeWidth: 1.5, "aria-hidden": true } as const;

function findHits(lines: ReturnType<typeof toLines>, search: string): number[] {
  if (!search) return [];
  const wanted = search.toLowerCase();
  return lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : []));
}

type IconToggleProps = { label: string; pressed?: boolean; onClick: () => void; icon: ReactNode };

function IconToggle({ label, pressed, onClick, icon: mark }: IconToggleProps) {
  return (
    <Button
      variant="ghost"
      size="iconSm"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
      className={cn(pressed && "bg-accent-soft! text-accent!")}
    >
      {mark}
    </Button>
  );
}
