"use client";

import { Search, SlidersHorizontal } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Menu, MenuCheck, MenuChoices, MenuItem, MenuSeparator } from "@/components/menu";
import { Kbd } from "@/components/tag";
import { toast } from "@/components/toasts";
import { useHotkeys } from "@/lib/keyboard/hotkeys";
import { download, toCsv } from "@/lib/list/csv";
import type { Density, ListUrl } from "@/lib/list/list-state";
import type { Column } from "./columns";
import { FilterChips } from "./filter-chips";
import type { FilterSpec } from "./filter-spec";

type ListToolbarProps<Row> = {
  list: ListUrl;
  searchLabel?: string;
  filters?: FilterSpec[];
  columns?: Column<Row>[];
  /** All rows of the current view, for the CSV. */
  collect?: () => Promise<Row[]>;
  csvName?: string;
  children?: ReactNode;
};

export function ListToolbar<Row>(props: ListToolbarProps<Row>) {
  const { list, searchLabel, filters, columns, collect, csvName = "list", children } = props;
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {searchLabel && <SearchBox label={searchLabel} value={list.q} onChange={list.setQ} />}
      {filters && <FilterChips specs={filters} filters={list.filters} onChange={list.setFilters} />}
      {list.isFiltered && (
        <Button variant="ghost" onClick={list.clear}>
          Clear
        </Button>
      )}
      <div className="ml-auto flex items-center gap-2">
        {children}
        {columns && <ViewMenu list={list} columns={columns} collect={collect} csvName={csvName} />}
      </div>
    </div>
  );
}

type SearchBoxProps = { label: string; value: string; onChange: (value: string) => void };

function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const pending = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef(value);
  const [text, setText] = useState(value);
  // The URL changed without this box: "Clear", or the browser's back button.
  if (value !== sent.current) {
    sent.current = value;
    setText(value);
  }
  useHotkeys({ "/": () => input.current?.focus() });
  return (
    <div className="relative min-w-0 flex-1 basis-56 sm:flex-none sm:basis-80">
      <Search
        className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint"
        strokeWidth={1.5}
        aria-hidden
      />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(pending.current);
          pending.current = setTimeout(() => {
            sent.current = next.trim();
            onChange(sent.current);
          }, 200);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        className="h-8 w-full rounded-control border border-control bg-field pr-8 pl-8 text-sm hover:border-muted focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
      />
      <span className="pointer-events-none absolute top-1.5 right-1.5 hidden sm:block">
        <Kbd>/</Kbd>
      </span>
    </div>
  );
}

type ViewMenuProps<Row> = {
  list: ListUrl;
  columns: Column<Row>[];
  collect?: () => Promise<Row[]>;
  csvName: string;
};

function ViewMenu<Row>({ list, columns, collect, csvName }: ViewMenuProps<Row>) {
  const chosen = list.columns ?? columns.filter((column) => !column.optional).map((column) => column.id);
  const saveCsv = async () => {
    if (!collect) return;
    try {
      const rows = await collect();
      const shown = columns.filter((column) => chosen.includes(column.id) && column.csv);
      const lines = rows.map((row) => shown.map((column) => column.csv?.(row)));
      download(
        `${csvName}.csv`,
        toCsv(
          shown.map((column) => column.header),
          lines,
        ),
        "text/csv",
      );
    } catch (error) {
      toast.failed("The CSV could not be made.", error);
    }
  };
  return (
    <Menu
      trigger={
        <Button variant="ghost">
          <SlidersHorizontal className="size-4" strokeWidth={1.5} aria-hidden />
          View
        </Button>
      }
    >
      <MenuChoices
        label="Density"
        value={list.density}
        choices={[
          { value: "compact", label: "Compact" },
          { value: "comfortable", label: "Comfortable" },
        ]}
        onChange={(value) => list.setDensity(value as Density)}
      />
      <MenuSeparator />
      <div className="px-2.5 pt-1.5 pb-1 text-faint text-xs">Columns</div>
      {columns.slice(1).map((column) => (
        <MenuCheck
          key={column.id}
          checked={chosen.includes(column.id)}
          onChange={(checked) =>
            list.setColumns(checked ? [...chosen, column.id] : chosen.filter((id) => id !== column.id))
          }
        >
          {column.header}
        </MenuCheck>
      ))}
      {collect && (
        <>
          <MenuSeparator />
          <MenuItem onClick={saveCsv}>Download this view as CSV</MenuItem>
        </>
      )}
    </Menu>
  );
}
