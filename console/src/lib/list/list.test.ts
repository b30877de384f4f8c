import { describe, expect, test } from "vitest";
import { listQuery } from "@/lib/api/request";
import { csvCell, toCsv } from "./csv";
import { collect } from "./cursor-list";
import { nextSort, readFilters, writeFilters } from "./list-state";
import { rangeBetween } from "./selection";

describe("filters in the URL", () => {
  test("come back as they were written", () => {
    const filters = [
      { field: "status", op: "in" as const, value: "failed,expired" },
      { field: "hostname", op: "contains" as const, value: "ber.corp" },
    ];
    expect(readFilters(writeFilters(filters))).toEqual(filters);
  });

  test("of an unknown operator are left out", () => {
    expect(readFilters("status.drop.x~model.eq.T14")).toEqual([{ field: "model", op: "eq", value: "T14" }]);
  });
});

describe("listQuery", () => {
  test("writes filters as the API reads them", () => {
    expect(listQuery({ q: "ber", filters: [{ field: "status", op: "eq", value: "online" }] })).toEqual({
      limit: 100,
      q: "ber",
      "filter[status][eq]": "online",
    });
  });

  test("asks for the total only with the first page", () => {
    expect(listQuery({ total: true })).toHaveProperty("total", true);
    expect(listQuery({ total: true }, "next")).not.toHaveProperty("total");
  });
});

describe("nextSort", () => {
  test("goes up, down, and back to the default", () => {
    expect([nextSort("", "name"), nextSort("name", "name"), nextSort("-name", "name")]).toEqual([
      "name",
      "-name",
      "",
    ]);
  });
});

describe("csv", () => {
  test("a cell that starts like a formula is text", () => {
    expect(csvCell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
    expect(csvCell(-3)).toBe("-3");
  });

  test("quotes what needs it and ends lines as the format says", () => {
    expect(toCsv(["a"], [['say "hi", twice']])).toBe('a\r\n"say ""hi"", twice"\r\n');
  });
});

describe("rangeBetween", () => {
  const ids = ["a", "b", "c", "d"];
  test("takes both ends, in either direction", () => {
    expect(rangeBetween(ids, "b", "d")).toEqual(["b", "c", "d"]);
    expect(rangeBetween(ids, "d", "b")).toEqual(["b", "c", "d"]);
  });

  test("is the row alone when the other end is not there any more", () => {
    expect(rangeBetween(ids, "gone", "c")).toEqual(["c"]);
  });
});

describe("collect", () => {
  test("walks to the last page and stops at the limit", async () => {
    const pages = new Map([
      [null as string | null, { items: [1, 2], next_cursor: "a" }],
      ["a", { items: [3, 4], next_cursor: "b" }],
      ["b", { items: [5], next_cursor: null }],
    ]);
    const fetchPage = async (cursor: string | null) => pages.get(cursor) ?? { items: [], next_cursor: null };
    expect(await collect(fetchPage, 100)).toEqual([1, 2, 3, 4, 5]);
    expect(await collect(fetchPage, 3)).toEqual([1, 2, 3]);
  });
});
