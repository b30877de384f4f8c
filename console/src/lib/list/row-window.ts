import { useEffect, useState } from "react";

export type RowWindow = { first: number; end: number };

/** Rows drawn above and below what is seen. */
const AHEAD = 8;
/** The window moves by this many rows at once: fewer renders while scrolling. */
const STEP = 4;
/** Before the box is measured: a tall screen full. */
const AT_FIRST: RowWindow = { first: 0, end: 32 };

/**
 * Which rows of one height are in sight. The rows are all as high as each other, so their places are arithmetic:
 * nothing is measured or kept per row, whatever the length of the list.
 */
export function rowWindow(scrollTop: number, boxHeight: number, rowHeight: number): RowWindow {
  const top = Math.floor(scrollTop / rowHeight);
  const first = Math.max(0, Math.floor((top - AHEAD) / STEP) * STEP);
  const seen = Math.ceil(boxHeight / rowHeight) + 1;
  return { first, end: first + Math.ceil((AHEAD + STEP + seen + AHEAD) / STEP) * STEP };
}

export function useRowWindow(box: HTMLElement | null, rowHeight: number): RowWindow {
  const [shown, setShown] = useState(AT_FIRST);
  // External system: the scroll position and the size of the box.
  useEffect(() => {
    if (!box) return;
    const read = () => {
      const next = rowWindow(box.scrollTop, box.clientHeight, rowHeight);
      setShown((now) => (now.first === next.first && now.end === next.end ? now : next));
    };
    const sizes = new ResizeObserver(read);
    sizes.observe(box);
    box.addEventListener("scroll", read, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", read);
    };
  }, [box, rowHeight]);
  return shown;
}

/** Where the box must stand so that a row is in sight, or null where it is already. */
export function scrollToShow(
  row: number,
  rowHeight: number,
  view: { top: number; height: number; headerHeight: number },
): number | null {
  const start = row * rowHeight;
  const seen = view.height - view.headerHeight;
  if (start < view.top) return start;
  if (start + rowHeight > view.top + seen) return start + rowHeight - seen;
  return null;
}
