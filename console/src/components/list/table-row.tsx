"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useRef } from "react";
import { Skeleton } from "@/components/states";
import { cn } from "@/lib/cn";
import { nextSort } from "@/lib/list/list-state";
import type { Column, Grid } from "./columns";

export const HEADER_HEIGHT = 36;
const sticky = "sticky z-10 bg-inherit";

type HeaderRowProps<Row> = {
  columns: Column<Row>[];
  grid: Grid;
  sort: string;
  onSort: (sort: string) => void;
  select?: { all: boolean; some: boolean; onToggle: () => void };
};

export function HeaderRow<Row>({ columns, grid, sort, onSort, select }: HeaderRowProps<Row>) {
  return (
    <div role="rowgroup" className="sticky top-0 z-20 bg-surface">
      {/* biome-ignore lint/a11y/useFocusableInteractive: a header row is not focusable */}
      <div
        role="row"
        className="grid h-9 items-stretch border-line border-b bg-inherit"
        style={{ gridTemplateColumns: grid.template }}
      >
        {select && (
          // biome-ignore lint/a11y/useFocusableInteractive: the checkbox inside is
          <div role="columnheader" className={cn(sticky, "left-0 grid place-items-center")}>
            <input
              type="checkbox"
              aria-label="Select all loaded rows"
              checked={select.all}
              ref={(box) => {
                if (box) box.indeterminate = select.some && !select.all;
              }}
              onChange={select.onToggle}
            />
          </div>
        )}
        {columns.map((column, index) => (
          <HeaderCell
            key={column.id}
            column={column}
            first={index === 0}
            offset={grid.selectable}
            sort={sort}
            onSort={onSort}
          />
        ))}
      </div>
    </div>
  );
}

type HeaderCellProps<Row> = {
  column: Column<Row>;
  first: boolean;
  offset: boolean;
  sort: string;
  onSort: (sort: string) => void;
};

function HeaderCell<Row>({ column, first, offset, sort, onSort }: HeaderCellProps<Row>) {
  const field = column.sort;
  const direction =
    field && sort === field ? "ascending" : field && sort === `-${field}` ? "descending" : undefined;
  const Arrow = direction === "ascending" ? ArrowUp : ArrowDown;
  const className = cn(
    "flex min-w-0 items-center gap-1 px-3 text-muted text-xs font-medium",
    first && cn(sticky, offset ? "left-10 pl-1" : "left-0 pl-4"),
    column.align === "right" && "justify-end",
  );
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside is
    <div role="columnheader" aria-sort={direction} className={className}>
      {field ? (
        <button
          type="button"
          className="-mx-1 flex h-6 min-w-0 items-center gap-1 rounded-control px-1 hover:text-text"
          onClick={() => onSort(nextSort(sort, field))}
        >
          <span className="truncate">{column.header}</span>
          {direction && <Arrow className="size-3.5 shrink-0" strokeWidth={1.5} aria-hidden />}
        </button>
      ) : (
        <span className="truncate">{column.header}</span>
      )}
    </div>
  );
}

export type RowActs<Row> = {
  toggle: (id: string, withRange: boolean) => void;
  open: (row: Row) => void;
  focus: (index: number) => void;
};

type TableRowProps<Row> = {
  id: string;
  row: Row;
  index: number;
  height: number;
  columns: Column<Row>[];
  grid: Grid;
  stamp?: string;
  selected: boolean;
  opens: boolean;
  acts: RowActs<Row>;
};

function TableRowInner<Row>(props: TableRowProps<Row>) {
  const { id, row, index, height, columns, grid, stamp, selected, opens, acts } = props;
  const firstStamp = useRef(stamp);
  const changed = stamp !== undefined && firstStamp.current !== stamp;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={grid.selectable ? selected : undefined}
      data-row={index}
      tabIndex={-1}
      onFocus={() => acts.focus(index)}
      onKeyDown={(event) => {
        if (opens && event.key === "Enter" && event.target === event.currentTarget) acts.open(row);
      }}
      onClick={(event) => {
        const target = event.target as HTMLElement;
        if (opens && !target.closest("a,button,input,label") && getSelection()?.isCollapsed !== false)
          acts.open(row);
      }}
      className={cn(
        // What happens in a row changes nothing outside it: the browser lays out and paints it alone.
        "absolute inset-x-0 grid items-stretch border-line border-b text-sm contain-strict last:border-b-0 focus-visible:-outline-offset-2",
        selected ? "bg-accent-soft" : "bg-surface hover:bg-hover",
        opens && "cursor-default",
      )}
      style={{ gridTemplateColumns: grid.template, height, top: index * height }}
    >
      {changed && (
        <span
          key={stamp}
          aria-hidden
          className="row-changed pointer-events-none absolute inset-0 opacity-60"
        />
      )}
      {grid.selectable && (
        <div role="cell" className={cn(sticky, "left-0 grid place-items-center")}>
          <input
            type="checkbox"
            aria-label={`Select row ${index + 1}`}
            checked={selected}
            onChange={() => undefined}
            onClick={(event) => acts.toggle(id, event.shiftKey)}
          />
        </div>
      )}
      {columns.map((column, at) => (
        <Cell key={column.id} className={cellClass(at === 0, grid.selectable, column.align)}>
          {column.cell(row)}
          {grid.phone && at === 0 && column.under && (
            <span className="block truncate font-normal text-muted">{column.under(row)}</span>
          )}
        </Cell>
      ))}
    </div>
  );
}

function cellClass(first: boolean, selectable: boolean, align: "right" | undefined): string {
  return cn(
    "flex min-w-0 items-center px-3",
    first ? cn(sticky, "font-medium", selectable ? "left-10 pl-1" : "left-0 pl-4") : "text-muted",
    align === "right" && "figures justify-end text-right",
  );
}

export const TableRow = memo(TableRowInner) as typeof TableRowInner;

function Cell({ className, children }: { className: string; children: ReactNode }) {
  return (
    <div role="cell" className={className}>
      <span className="min-w-0 truncate">{children}</span>
    </div>
  );
}

type SkeletonRowsProps<Row> = { columns: Column<Row>[]; grid: Grid; height: number };

export function SkeletonRows<Row>({ columns, grid, height }: SkeletonRowsProps<Row>) {
  return (
    <div role="rowgroup" aria-hidden>
      {Array.from({ length: 10 }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
          key={row}
          className="grid items-center border-line border-b last:border-b-0"
          style={{ gridTemplateColumns: grid.template, height }}
        >
          {grid.selectable && <span />}
          {columns.map((column, at) => (
            <span key={column.id} className={cn("px-3", at === 0 && (grid.selectable ? "pl-1" : "pl-4"))}>
              <Skeleton className={at === 0 ? "h-3 w-3/4" : "h-3 w-1/2"} />
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}
