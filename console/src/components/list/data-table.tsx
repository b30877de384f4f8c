"use client";

import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/button";
import { ErrorState } from "@/components/states";
import { cn } from "@/lib/cn";
import { useHotkeys } from "@/lib/keyboard/hotkeys";
import type { FlatList } from "@/lib/list/cursor-list";
import type { ListUrl } from "@/lib/list/list-state";
import { scrollToShow, useRowWindow } from "@/lib/list/row-window";
import { rangeBetween, type Selection } from "@/lib/list/selection";
import { useMediaQuery } from "@/lib/use-media-query";
import { type Column, gridOf, shownColumns } from "./columns";
import { HEADER_HEIGHT, HeaderRow, type RowActs, SkeletonRows, TableRow } from "./table-row";

type DataTableProps<Row> = {
  /** What the table shows, for those who cannot see it: "Devices". */
  label: string;
  query: UseInfiniteQueryResult<FlatList<Row>>;
  columns: Column<Row>[];
  list: ListUrl;
  rowId: (row: Row) => string;
  rowHref?: (row: Row) => string;
  onOpen?: (row: Row) => void;
  /** Changes when the row's content did; the row is then tinted for a second. */
  rowStamp?: (row: Row) => string;
  selection?: Selection;
  empty: ReactNode;
};

const ROW_HEIGHT = { compact: 36, comfortable: 44 };
const FETCH_AHEAD = 30;

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, query, columns, list, rowId, rowHref, onOpen, rowStamp, selection, empty } = props;
  const router = useRouter();
  const isPhone = useMediaQuery("(max-width: 639px)");
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const active = useRef(-1);
  const lastToggled = useRef<string | null>(null);
  const rows = query.data?.items ?? [];
  const shown = useMemo(() => shownColumns(columns, list.columns, isPhone), [columns, list.columns, isPhone]);
  const selectable = selection !== undefined;
  const grid = useMemo(() => gridOf(shown, { selectable, phone: isPhone }), [shown, selectable, isPhone]);
  const rowHeight = isPhone ? (shown[0]?.under ? 60 : 48) : ROW_HEIGHT[list.density];
  const seen = useRowWindow(box, rowHeight);
  const drawn = rows.slice(seen.first, seen.end);

  const nearEnd = rows.length > 0 && seen.end >= rows.length - FETCH_AHEAD;
  const wantsMore = nearEnd && query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError;
  const { fetchNextPage } = query;
  // External system: the server, asked for the next page before the end of this one is seen.
  useEffect(() => {
    if (wantsMore) void fetchNextPage();
  }, [wantsMore, fetchNextPage]);

  const toggle = (id: string, withRange: boolean) => {
    const ids = rows.map(rowId);
    selection?.toggle(id, withRange ? rangeBetween(ids, lastToggled.current, id) : [id]);
    lastToggled.current = id;
  };
  const open = (row: Row) => {
    if (onOpen) onOpen(row);
    else if (rowHref) router.push(rowHref(row));
  };
  // The same object for the life of the table, so that a row is drawn again only when it changed itself.
  const latest = useRef({ toggle, open });
  latest.current = { toggle, open };
  const [acts] = useState<RowActs<Row>>(() => ({
    toggle: (id, withRange) => latest.current.toggle(id, withRange),
    open: (row) => latest.current.open(row),
    focus: (index) => {
      active.current = index;
    },
  }));

  const move = (step: number) => {
    if (rows.length === 0 || !box) return;
    active.current = Math.min(rows.length - 1, Math.max(0, active.current + step));
    const index = active.current;
    const view = { top: box.scrollTop, height: box.clientHeight, headerHeight: HEADER_HEIGHT };
    const top = scrollToShow(index, rowHeight, view);
    if (top !== null) box.scrollTop = top;
    // Two frames: one in which the scroll is heard, one in which the row is there.
    const focus = () =>
      box.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true });
    if (top === null) focus();
    else requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  const activeRow = () => rows[active.current];
  useHotkeys({
    j: () => move(1),
    k: () => move(-1),
    ...(selection && {
      x: () => {
        const row = activeRow();
        if (row) toggle(rowId(row), false);
      },
      Escape: selection.clear,
    }),
  });

  if (query.isError && !query.data) {
    return <ErrorState error={query.error} onRetry={() => query.refetch()} what={label} />;
  }
  if (query.data && rows.length === 0) {
    return <div className="rounded-panel border border-line bg-surface">{empty}</div>;
  }
  const allSelected = rows.length > 0 && rows.every((row) => selection?.ids.has(rowId(row)));
  return (
    <div
      ref={setBox}
      className={cn(
        "relative max-h-full min-h-0 overflow-auto overscroll-contain rounded-panel border border-line bg-surface",
        query.isPlaceholderData && "opacity-70",
      )}
    >
      <div
        role="table"
        aria-label={label}
        aria-rowcount={query.data?.total ?? (query.hasNextPage ? -1 : rows.length + 1)}
        aria-busy={query.isFetching}
        style={{ minWidth: grid.minWidth }}
      >
        <HeaderRow
          columns={shown}
          grid={grid}
          sort={list.sort}
          onSort={list.setSort}
          select={
            grid.selectable && selection
              ? {
                  all: allSelected,
                  some: selection.count > 0,
                  onToggle: () => (allSelected ? selection.clear() : selection.replace(rows.map(rowId))),
                }
              : undefined
          }
        />
        {query.isPending ? (
          <SkeletonRows columns={shown} grid={grid} height={rowHeight} />
        ) : (
          <div role="rowgroup" className="relative" style={{ height: rows.length * rowHeight }}>
            {drawn.map((row, at) => {
              const id = rowId(row);
              return (
                <TableRow
                  key={id}
                  id={id}
                  row={row}
                  index={seen.first + at}
                  height={rowHeight}
                  columns={shown}
                  grid={grid}
                  stamp={rowStamp?.(row)}
                  selected={selection?.ids.has(id) ?? false}
                  opens={rowHref !== undefined || onOpen !== undefined}
                  acts={acts}
                />
              );
            })}
          </div>
        )}
      </div>
      {query.isFetchingNextPage && (
        <p role="status" className="sticky left-0 px-4 py-2 text-faint text-sm">
          Loading more…
        </p>
      )}
      {query.isFetchNextPageError && !query.isFetchingNextPage && (
        <p role="alert" className="sticky left-0 flex items-center gap-3 px-4 py-2 text-bad text-sm">
          More could not be loaded.
          <Button size="sm" onClick={() => fetchNextPage()}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}
