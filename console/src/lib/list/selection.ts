import { useState } from "react";

export type Selection = {
  ids: ReadonlySet<string>;
  count: number;
  toggle: (id: string, range?: readonly string[]) => void;
  replace: (ids: Iterable<string>) => void;
  clear: () => void;
};

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  return {
    ids,
    count: ids.size,
    toggle: (id, range = [id]) =>
      setIds((before) => {
        const after = new Set(before);
        // A range takes the state its last row is about to get.
        const select = !before.has(id);
        for (const each of range) {
          if (select) after.add(each);
          else after.delete(each);
        }
        return after;
      }),
    replace: (next) => setIds(new Set(next)),
    clear: () => setIds(new Set()),
  };
}

/** The ids between the row clicked last and this one, both included. */
export function rangeBetween(ids: readonly string[], from: string | null, to: string): string[] {
  const start = from === null ? -1 : ids.indexOf(from);
  const end = ids.indexOf(to);
  if (start < 0 || end < 0) return [to];
  return ids.slice(Math.min(start, end), Math.max(start, end) + 1);
}
