import { describe, expect, test } from "vitest";
import { largestUnit } from "./duration-field";
import { targetOf } from "./sortable";

describe("a dragged row", () => {
  test.each([
    [0, 2, true, 2],
    [0, 2, false, 1],
    [3, 1, false, 1],
    [3, 1, true, 2],
    [1, 1, true, 1],
    [1, 1, false, 1],
    [1, 0, true, 1],
    [1, 2, false, 1],
  ])("from %i over %i (lower half: %s) lands at %i", (from, over, lowerHalf, expected) => {
    expect(targetOf(from, over, lowerHalf)).toBe(expected);
  });
});

describe("a duration", () => {
  test.each([
    [7200, 3600],
    [600, 60],
    [90, 1],
    [30, 1],
    [0, 1],
  ])("of %i seconds is said in units of %i", (seconds, unit) => {
    expect(largestUnit(seconds)).toBe(unit);
  });
});
