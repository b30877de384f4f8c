import type { ReactNode } from "react";

type SimpleTableProps = {
  label: string;
  head: string[];
  rows: { key: string; cells: ReactNode[] }[];
  empty: string;
};

/** A short table inside a panel; long lists are a DataTable. */
export function SimpleTable({ label, head, rows, empty }: SimpleTableProps) {
  if (rows.length === 0) return <p className="p-4 text-muted text-sm">{empty}</p>;
  return (
    <section className="overflow-x-auto" tabIndex={0} aria-label={label}>
      <table className="w-full text-left text-sm">
        <thead>
          <tr className="border-line border-b text-muted text-xs">
            {head.map((title) => (
              <th key={title} scope="col" className="whitespace-nowrap px-4 py-2 font-medium">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className="border-line border-b last:border-b-0">
              {row.cells.map((cell, index) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
                  key={index}
                  className={index === 0 ? "min-w-36 break-words px-4 py-2" : "px-4 py-2 text-muted"}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
