import type { ReactNode } from "react";

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Smallest width in px; `grow` is its share of what is left, 0 keeps it fixed. */
  width: number;
  grow?: number;
  align?: "right";
  /** The field the server sorts by. */
  sort?: string;
  csv?: (row: Row) => string | number | null | undefined;
  /** Part of the short list a phone shows. */
  phone?: boolean;
  /** On a phone, the line under the first column: what tells one row from the next. */
  under?: (row: Row) => ReactNode;
  /** Not shown until chosen. */
  optional?: boolean;
};

export type Grid = { template: string; minWidth: number; selectable: boolean; phone: boolean };

const SELECT_WIDTH = 40;

export function shownColumns<Row>(
  columns: Column<Row>[],
  chosen: string[] | null,
  phone: boolean,
): Column<Row>[] {
  if (phone) {
    const short = columns.filter((column) => column.phone);
    return short.length > 0 ? short : columns.slice(0, 2);
  }
  if (chosen) {
    const picked = columns.filter((column, index) => index === 0 || chosen.includes(column.id));
    if (picked.length > 1) return picked;
  }
  return columns.filter((column) => !column.optional);
}

export function gridOf<Row>(columns: Column<Row>[], look: { selectable: boolean; phone: boolean }): Grid {
  const { phone } = look;
  const selectable = look.selectable && !phone;
  const tracks = columns.map(({ width, grow = 1 }) =>
    grow === 0 ? `${width}px` : `minmax(${phone ? 0 : width}px, ${grow}fr)`,
  );
  const minWidth = columns.reduce((sum, column) => sum + column.width, selectable ? SELECT_WIDTH : 0);
  return {
    template: [...(selectable ? [`${SELECT_WIDTH}px`] : []), ...tracks].join(" "),
    minWidth: columns.length > 3 ? minWidth : 0,
    selectable,
    phone,
  };
}
