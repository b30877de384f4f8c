"use client";

import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRouter } from "next/navigation";
import { type ReactNode, useRef } from "react";
import { ErrorState } from "@/components/states";
import { cn } from "@/lib/cn";
import { useHotkeys } from "@/lib/keyboard/hotkeys";
import type { FlatList } from "@/lib/list/cursor-list";
import type { ListUrl } from "@/lib/list/list-state";
import { rangeBetween, type Selection } from "@/lib/list/selection";
import { useMediaQuery } from "@/lib/use-media-query";
import { type Column, gridOf, shownColumns } from "./columns";
import { HeaderRow, SkeletonRows, TableRow } from "./table-row";

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
  const scroller = useRef<HTMLDivElement>(null);
  const active = useRef(-1);
  const lastToggled = useRef<string | null>(null);
  const rows = query.data?.items ?? [];
  const shown = shownColumns(columns, list.columns, isPhone);
  const grid = gridOf(shown, selection !== undefined && !isPhone);
  const rowHeight = isPhone ? 48 : ROW_HEIGHT[list.density];

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => (rows[index] ? rowId(rows[index]) : index),
    overscan: 14,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      const nearEnd = last !== undefined && last.index >= rows.length - FETCH_AHEAD;
      if (nearEnd && query.hasNextPage && !query.isFetchingNextPage) query.fetchNextPage();
    },
  });

  const toggle = (id: string, withRange: boolean) => {
    const ids = rows.map(rowId);
    selection?.toggle(id, withRange ? rangeBetween(ids, lastToggled.current, id) : [id]);
    lastToggled.current = id;
  };
  const open = (row: Row) => {
    if (onOpen) onOpen(row);
    else if (rowHref) router.push(rowHref(row));
  };
  const move = (step: number) => {
    if (rows.length === 0) return;
    active.current = Math.min(rows.length - 1, Math.max(0, active.current + step));
    const index = active.current;
    virtual.scrollToIndex(index);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true }),
    );
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
      ref={scroller}
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
          <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              const id = rowId(row);
              return (
                <TableRow
                  key={item.key}
                  row={row}
                  index={item.index}
                  top={item.start}
                  height={rowHeight}
                  columns={shown}
                  grid={grid}
                  stamp={rowStamp?.(row)}
                  selected={selection?.ids.has(id) ?? false}
                  onToggle={grid.selectable ? (withRange) => toggle(id, withRange) : undefined}
                  onFocus={() => {
                    active.current = item.index;
                  }}
                  onOpen={rowHref || onOpen ? () => open(row) : undefined}
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
    </div>
  );
}
