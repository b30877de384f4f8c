import { describe, expect, test } from "vitest";
import { parseTopics, topicKey } from "@/lib/live/topic-queue";
import { bytes, counting, duration, relativeTime } from "./format";
import { tokenOf } from "./fragment";
import { safeNext } from "./next-address";
import { passwordStrength } from "./password-strength";
import { parameterPayload, parameterProblems, startValues } from "./run-parameters";

describe("relativeTime", () => {
  const now = Date.parse("2026-11-23T22:00:00Z");
  test.each([
    ["2026-11-23T21:59:55Z", "just now"],
    ["2026-11-23T21:59:15Z", "45 s ago"],
    ["2026-11-23T21:30:00Z", "30 min ago"],
    ["2026-11-23T19:00:00Z", "3 h ago"],
    ["2026-11-22T22:00:00Z", "1 day ago"],
    ["2026-11-25T22:00:00Z", "in 2 days"],
    ["2026-08-12T10:00:00Z", "12 Aug"],
    ["2024-08-12T10:00:00Z", "12 Aug 2024"],
  ])("%s is %s", (at, said) => {
    expect(relativeTime(at, now)).toBe(said);
  });
});

test("what still runs is told in whole seconds", () => {
  expect([counting(340), counting(4200), counting(61_000)]).toEqual(["0 s", "4 s", "1 min 1 s"]);
});

test("durations and sizes are short", () => {
  expect([duration(340), duration(4200), duration(61_000), duration(7_260_000)]).toEqual([
    "340 ms",
    "4.2 s",
    "1 min 1 s",
    "2 h 1 min",
  ]);
  expect([bytes(17_179_869_184), bytes(512_110_190_592, 1000), bytes(null)]).toEqual([
    "16 GB",
    "512 GB",
    "—",
  ]);
});

describe("topics", () => {
  test("are query key prefixes", () => {
    expect(topicKey("devices")).toEqual(["devices"]);
    expect(topicKey("device:0192")).toEqual(["device", "0192"]);
  });

  test("that make no sense are nothing", () => {
    expect(parseTopics("not json")).toEqual([]);
    expect(parseTopics('{"topics":["devices",3]}')).toEqual(["devices"]);
  });
});

describe("safeNext", () => {
  test.each(["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", null])(
    "%s leads to the overview",
    (next) => {
      expect(safeNext(next)).toBe("/");
    },
  );
  test("a page of the console is kept with its query", () => {
    expect(safeNext("/devices/detail/?id=1")).toBe("/devices/detail/?id=1");
  });
});

test("a token may stand alone behind the #, or be named", () => {
  expect([tokenOf("abc"), tokenOf("token=abc")]).toEqual(["abc", "abc"]);
});

describe("passwordStrength", () => {
  test("counts what is missing", () => {
    expect(passwordStrength("short").advice).toBe("7 more characters needed.");
  });
  test("a password with one's name is weak, several words are strong", () => {
    expect(passwordStrength("adalindqvist2026", ["lindqvist"]).word).toBe("Weak");
    expect(passwordStrength("correct horse battery staple").word).toBe("Strong");
  });
});

describe("parameters of a run", () => {
  const parameters = [
    { name: "Drive", type: "string" as const, required: true, default: "C" },
    { name: "Depth", type: "number" as const },
    { name: "Quiet", type: "boolean" as const, default: true },
    { name: "Token", type: "secret" as const },
  ];
  test("start with their defaults", () => {
    expect(startValues(parameters)).toEqual({ Drive: "C", Depth: "", Quiet: true, Token: "" });
  });
  test("say what is missing or no number", () => {
    expect(parameterProblems(parameters, { Drive: "", Depth: "two" })).toEqual({
      Drive: "This is needed.",
      Depth: "Give a number.",
    });
  });
  test("go out typed, secrets by reference, empty ones not at all", () => {
    expect(parameterPayload(parameters, { Drive: "D", Depth: "2", Quiet: false, Token: "s1" })).toEqual({
      Drive: "D",
      Depth: 2,
      Quiet: false,
      Token: { secret_id: "s1" },
    });
    expect(parameterPayload(parameters, { Drive: "D", Depth: "" })).toEqual({ Drive: "D" });
  });
});
