import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

type Rgb = [number, number, number];

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const themes = {
  dark: tokensOf(css.slice(0, css.indexOf(':root[data-theme="light"]'))),
  light: tokensOf(css.slice(css.indexOf(':root[data-theme="light"]'))),
};

const GROUNDS = ["canvas", "field", "surface", "raised", "hover", "sunken"];
const TEXTS = ["text", "muted", "faint", "accent", "ok", "run", "wait", "bad", "odd", "idle"];
const SOFT = ["accent-soft", "run-soft", "bad-soft", "wait-soft", "ok-soft"];
const ON: [string, string][] = [
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["on-danger", "danger"],
  ["on-danger", "danger-strong"],
];

describe.each(["dark", "light"] as const)("%s", (theme) => {
  const tokens = themes[theme];

  test.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground])))(
    "%s can be read on %s",
    (text, ground) => {
      expect(contrast(tokens, text, ground)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(SOFT.flatMap((ground) => ["text", "muted"].map((text) => [text, ground])))(
    "%s can be read on %s",
    (text, ground) => {
      expect(contrast(tokens, text, ground)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(ON)("%s can be read on %s", (text, ground) => {
    expect(contrast(tokens, text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["canvas", "field", "surface"])("the edge of a control can be seen on %s", (ground) => {
    expect(contrast(tokens, "control", ground)).toBeGreaterThanOrEqual(3);
  });
});

function tokensOf(block: string): Map<string, Rgb> {
  const found = block.matchAll(/--([a-z-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g);
  return new Map(
    [...found].map(([, name, l, c, h]) => [name ?? "", toLinear(Number(l), Number(c), Number(h))]),
  );
}

/** OKLCH to linear sRGB, by Ottosson's matrices; clipped as a screen does. */
function toLinear(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function contrast(tokens: Map<string, Rgb>, one: string, other: string): number {
  const [a, b] = [one, other].map((name) => {
    const rgb = tokens.get(name);
    if (!rgb) throw new Error(`There is no token ${name}`);
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
  }) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
