import { describe, expect, test } from "vitest";
import { parseAnsi } from "./ansi";
import { type LogPart, toLines } from "./lines";

const at = "2026-11-23T22:00:00Z";
const part = (seq: number, text: string, stream = "out"): LogPart => ({ seq, stream, text, at });

describe("toLines", () => {
  test("joins a line that two chunks share", () => {
    expect(toLines([part(0, "hel"), part(1, "lo\nwor"), part(2, "ld\n")]).map((line) => line.text)).toEqual([
      "hello",
      "world",
    ]);
  });

  test("keeps the unfinished lines of both streams apart", () => {
    const lines = toLines([part(0, "out "), part(1, "err\n", "err"), part(2, "put\n")]);
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ["err", "err"],
      ["out", "out put"],
    ]);
  });

  test("shows a line that has not ended yet", () => {
    expect(toLines([part(0, "50 %")]).map((line) => line.text)).toEqual(["50 %"]);
  });

  test("a carriage return starts the line anew, and Windows line ends are one end", () => {
    expect(toLines([part(0, "10 %\r20 %\r100 %\r\ndone\r\n")]).map((line) => line.text)).toEqual([
      "100 %",
      "done",
    ]);
  });

  test("a colour goes on in the next line of its stream", () => {
    const [, second] = toLines([part(0, "\u001b[31mred\nstill\u001b[0m not\n")]);
    expect(second?.spans.map(({ text, style }) => [text, style.color])).toEqual([
      ["still", "red"],
      [" not", null],
    ]);
  });

  test("numbers its lines from one", () => {
    expect(toLines([part(0, "a\nb\n")]).map((line) => line.number)).toEqual([1, 2]);
  });
});

describe("parseAnsi", () => {
  test("drops what is not a colour, and control characters", () => {
    const { spans } = parseAnsi("\u001b[2J\u001b]0;title\u0007a\u0008b\u001b[1Kc");
    expect(spans.map((span) => span.text).join("")).toBe("abc");
  });

  test("skips the numbers of 256 colours and RGB", () => {
    const { spans } = parseAnsi("\u001b[38;5;31mx\u001b[38;2;1;31;4;1my");
    expect(spans.map(({ style }) => [style.color, style.bold])).toEqual([
      [null, false],
      [null, true],
    ]);
  });

  test("an empty sequence resets", () => {
    expect(parseAnsi("\u001b[1;32mx\u001b[my").spans.at(-1)?.style).toEqual({
      color: null,
      bold: false,
      dim: false,
      underline: false,
    });
  });
});
