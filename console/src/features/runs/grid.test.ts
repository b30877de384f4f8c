import { expect, test } from "vitest";
import { cellAt, GRID_COLUMNS, gridHeight, gridPaths, statusAt } from "./grid";

test("each device has its square, and equal ones share a path", () => {
  const paths = gridPaths("ssf");
  expect([...paths.keys()]).toEqual(["succeeded", "failed"]);
  expect(paths.get("succeeded")).toBe("M0 0h8v8h-8zM10 0h8v8h-8z");
});

test("ten thousand devices are a handful of elements", () => {
  const paths = gridPaths("sfpr".repeat(2500));
  expect(paths.size).toBe(4);
  expect(gridHeight(10_000)).toBe(1250);
});

test("a place leads to its device, and beside them to none", () => {
  const cells = GRID_COLUMNS + 1;
  expect(cellAt(12, 3, cells)).toBe(1);
  expect(cellAt(3, 12, cells)).toBe(GRID_COLUMNS);
  expect(cellAt(13, 12, cells)).toBeNull();
  expect(cellAt(-1, 0, cells)).toBeNull();
  expect(statusAt("ht", 1)).toBe("timed_out");
});
