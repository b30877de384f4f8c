import { describe, expect, test } from "vitest";
import { nextRate, timeLeft } from "./rate";

describe("a rate", () => {
  test("is the first measurement, then moves towards the next ones", () => {
    const first = nextRate({ at: 0, bytes: 0, rate: null }, 1000, 1_000_000);
    expect(first.rate).toBe(1_000_000);
    const second = nextRate(first, 2000, 3_000_000);
    expect(second.rate).toBe(1_300_000);
  });

  test("is never below nothing when the upload went back", () => {
    expect(nextRate({ at: 0, bytes: 500, rate: null }, 1000, 100).rate).toBe(0);
  });
});

test("time left is said as roughly as it is known", () => {
  expect(timeLeft(null)).toBeNull();
  expect(timeLeft(Number.POSITIVE_INFINITY)).toBeNull();
  expect(timeLeft(2)).toBe("a few seconds left");
  expect(timeLeft(31)).toBe("about 35 s left");
  expect(timeLeft(125)).toBe("about 2 min left");
  expect(timeLeft(3900)).toBe("about 1 h 5 min left");
});
