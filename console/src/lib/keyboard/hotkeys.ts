import { useEffect, useRef } from "react";

export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;
const SEQUENCE_MS = 900;
const OVERLAY = "dialog[open], [popover='auto']:popover-open";

/**
 * Keys such as `j`, `?`, `mod+k` and sequences such as `g d`. Plain keys are ignored while somebody types
 * or a dialog is open.
 */
export function useHotkeys(hotkeys: Hotkeys): void {
  const current = useRef(hotkeys);
  current.current = hotkeys;
  // External system: the document's keyboard events.
  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.metaKey || event.ctrlKey) {
        run(event, `mod+${event.key.toLowerCase()}`);
        return;
      }
      if (event.altKey || isTyping(event.target) || document.querySelector(OVERLAY)) return;
      const sequence = first && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${event.key}` : null;
      first = { key: event.key, at: event.timeStamp };
      if (sequence && run(event, sequence)) first = null;
      else run(event, event.key);
    };
    const run = (event: KeyboardEvent, name: string): boolean => {
      const action = current.current[name];
      if (!action) return false;
      event.preventDefault();
      action(event);
      return true;
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const host = target.shadowRoot?.activeElement;
  return (
    target.isContentEditable ||
    (host instanceof HTMLElement && host.isContentEditable) ||
    (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) === true &&
      !(target instanceof HTMLInputElement && target.type === "checkbox"))
  );
}
