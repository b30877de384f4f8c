import { describe, expect, test } from "vitest";
import { patiently } from "./lazy-part";

describe("a part that is fetched late", () => {
  test("is asked for again while the server is away", async () => {
    let asked = 0;
    const load = async () => {
      asked += 1;
      if (asked < 3) throw new Error("Failed to load chunk");
      return "the part";
    };
    expect(await patiently(load, [0, 0, 0])).toBe("the part");
    expect(asked).toBe(3);
  });

  test("is given up with the last failure", async () => {
    const gone = async () => {
      throw new Error("Failed to load chunk");
    };
    await expect(patiently(gone, [0, 0])).rejects.toThrow("Failed to load chunk");
  });
});
