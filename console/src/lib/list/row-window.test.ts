import { describe, expect, test } from "vitest";
import { rowWindow, scrollToShow } from "./row-window";

describe("the rows in sight", () => {
  test("start with the first and reach a little past the fold", () => {
    expect(rowWindow(0, 360, 36)).toEqual({ first: 0, end: 32 });
  });

  test("hold everything seen, with rows to spare on both sides", () => {
    const { first, end } = rowWindow(36 * 1000 + 7, 720, 36);
    expect(first).toBeLessThanOrEqual(1000 - 8);
    expect(end).toBeGreaterThanOrEqual(1021 + 8);
    expect(end - first).toBeLessThan(48);
  });

  test("are the same for every position within a few rows", () => {
    expect(rowWindow(36 * 1000, 720, 36)).toEqual(rowWindow(36 * 1003, 720, 36));
  });
});

describe("a row chosen with the keys", () => {
  const view = { top: 360, height: 400, headerHeight: 40 };
  test("is left where it is while it is seen", () => {
    expect(scrollToShow(12, 36, view)).toBeNull();
  });
  test("is brought in from above and from below", () => {
    expect(scrollToShow(5, 36, view)).toBe(180);
    expect(scrollToShow(20, 36, view)).toBe(20 * 36 + 36 - 360);
  });
});
