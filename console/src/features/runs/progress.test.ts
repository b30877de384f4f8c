import { expect, test } from "vitest";
import { countsOf, failedOf, waitingOf } from "./progress";

const PROGRESS = {
  held: 4,
  pending: 3,
  offline: 0,
  leased: 0,
  running: 0,
  cancelled: 0,
  succeeded: 2,
  failed: 1,
  timed_out: 1,
  interrupted: 1,
  expired: 5,
};

test("what failed leaves out what nobody began", () => {
  expect(failedOf(PROGRESS)).toBe(3);
  expect(waitingOf(PROGRESS)).toBe(7);
});

test("every device of a run is in its bar once", () => {
  const shown = countsOf(PROGRESS).reduce((sum, state) => sum + state.count, 0);
  expect(shown).toBe(Object.values(PROGRESS).reduce((sum, one) => sum + one, 0));
});
