import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { count } from "@/lib/format";
import type { Selection } from "@/lib/list/selection";

type SelectionBarProps = {
  selection: Selection;
  /** How many rows match the filters; offers to take them all. */
  total: number | null;
  onSelectAll?: () => void;
  selectingAll?: boolean;
  children: ReactNode;
};

export function SelectionBar({ selection, total, onSelectAll, selectingAll, children }: SelectionBarProps) {
  if (selection.count === 0) return null;
  return (
    <div
      role="toolbar"
      aria-label="Selected rows"
      className="rise absolute inset-x-2 bottom-2 z-30 mx-auto flex w-fit max-w-full flex-wrap items-center gap-2 rounded-panel border border-line-strong bg-raised p-2 pl-4 shadow-pop"
    >
      <span role="status" className="figures font-medium text-sm">
        {count(selection.count)} selected
      </span>
      {onSelectAll && total !== null && total > selection.count && (
        <Button size="sm" variant="ghost" className="text-accent!" onClick={onSelectAll} busy={selectingAll}>
          Select all {count(total)} matching
        </Button>
      )}
      <span aria-hidden className="mx-1 hidden h-5 w-px bg-line-strong sm:block" />
      {children}
      <Button size="sm" variant="ghost" onClick={selection.clear}>
        Clear
      </Button>
    </div>
  );
}
