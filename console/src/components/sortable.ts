"use client";

import { type DragEvent, type KeyboardEvent, useState } from "react";

type Drag = { from: number; to: number };

type SortableOptions = {
  count: number;
  nameOf: (index: number) => string;
  onMove: (from: number, to: number) => void;
};

/**
 * A list whose rows are dragged by a handle, or moved by Alt and the arrow keys, or by buttons that call `step`.
 * `said` goes into a live region: whoever cannot see the row move hears where it went.
 */
export function useSortable({ count, nameOf, onMove }: SortableOptions) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const [said, setSaid] = useState("");
  const move = (from: number, to: number) => {
    if (to < 0 || to >= count || to === from) return;
    setSaid(`${nameOf(from)} is number ${to + 1} of ${count} now.`);
    onMove(from, to);
  };
  return {
    said,
    step: (index: number, by: -1 | 1) => move(index, index + by),
    onKeyDown: (index: number) => (event: KeyboardEvent) => {
      const by = event.altKey ? { ArrowUp: -1 as const, ArrowDown: 1 as const }[event.key] : undefined;
      if (by === undefined) return;
      event.preventDefault();
      move(index, index + by);
    },
    handle: (index: number) => ({
      draggable: true,
      onDragStart: (event: DragEvent<HTMLElement>) => {
        const row = event.currentTarget.closest("li");
        if (row) event.dataTransfer.setDragImage(row, 16, 16);
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", nameOf(index));
        setDrag({ from: index, to: index });
      },
      onDragEnd: () => setDrag(null),
    }),
    row: (index: number) => ({
      onDragOver: (event: DragEvent<HTMLElement>) => {
        if (!drag) return;
        event.preventDefault();
        const box = event.currentTarget.getBoundingClientRect();
        const to = targetOf(drag.from, index, event.clientY > box.top + box.height / 2);
        if (to !== drag.to) setDrag({ ...drag, to });
      },
      onDrop: (event: DragEvent<HTMLElement>) => {
        if (!drag) return;
        event.preventDefault();
        setDrag(null);
        move(drag.from, drag.to);
      },
    }),
    /** Where a line shows that the dragged row would land. */
    landing: (index: number): "above" | "below" | null => {
      if (!drag || drag.to === drag.from || drag.to !== index) return null;
      return drag.to < drag.from ? "above" : "below";
    },
    isDragged: (index: number) => drag?.from === index,
  };
}

/** The place that a row dragged from `from` gets when it is let go over the upper or lower half of another. */
export function targetOf(from: number, over: number, lowerHalf: boolean): number {
  const gap = lowerHalf ? over + 1 : over;
  return gap > from ? gap - 1 : gap;
}
