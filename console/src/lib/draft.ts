import { useState } from "react";

export type Draft<Values> = {
  values: Values;
  set: <Key extends keyof Values>(key: Key, value: Values[Key]) => void;
  dirty: boolean;
  reset: () => void;
};

/**
 * What a form holds before it is saved. While nothing is touched it follows the server's object, so a change
 * made elsewhere shows at once; once touched it keeps what was typed.
 */
export function useDraft<Values extends object>(saved: Values): Draft<Values> {
  const [changes, setChanges] = useState<Partial<Values>>({});
  const values = { ...saved, ...changes };
  const dirty = (Object.keys(changes) as (keyof Values)[]).some(
    (key) => JSON.stringify(changes[key]) !== JSON.stringify(saved[key]),
  );
  return {
    values,
    set: (key, value) => setChanges((before) => ({ ...before, [key]: value })),
    dirty,
    reset: () => setChanges({}),
  };
}
