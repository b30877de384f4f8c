import { describe, expect, test } from "vitest";
import { changedQuery } from "./url-state";

describe("the query of a page", () => {
  test("keeps what was not changed, and loses what is empty", () => {
    expect(changedQuery("?id=1&tab=actions&q=x", { tab: null, q: "" })).toBe("?id=1");
    expect(changedQuery("?id=1", { id: null })).toBe("");
  });

  test("can be read in a shared link, and reads back the same", () => {
    const filters = "status.in.failed,expired~hostname.contains.a&b c";
    const query = changedQuery("", { f: filters });
    expect(query).toBe("?f=status.in.failed,expired~hostname.contains.a%26b+c");
    expect(new URLSearchParams(query).get("f")).toBe(filters);
  });
});
