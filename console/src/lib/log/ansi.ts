export type AnsiStyle = { color: AnsiColor | null; bold: boolean; dim: boolean; underline: boolean };
export type AnsiColor = "black" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "white";
export type AnsiSpan = { text: string; style: AnsiStyle };

const COLORS: readonly AnsiColor[] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
export const PLAIN: AnsiStyle = { color: null, bold: false, dim: false, underline: false };

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
const SEQUENCE = /\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of them is not shown
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** Splits one line into styled spans; the style goes on in the next line. Unknown sequences are dropped. */
export function parseAnsi(line: string, start: AnsiStyle = PLAIN): { spans: AnsiSpan[]; end: AnsiStyle } {
  const spans: AnsiSpan[] = [];
  let style = start;
  let at = 0;
  const push = (text: string) => {
    const clean = text.replace(CONTROL, "");
    if (clean) spans.push({ text: clean, style });
  };
  for (const match of line.matchAll(SEQUENCE)) {
    push(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === "m") style = applyCodes(style, match[1] ?? "");
  }
  push(line.slice(at));
  return { spans, end: style };
}

function applyCodes(before: AnsiStyle, codes: string): AnsiStyle {
  let style = before;
  const list = codes === "" ? [0] : codes.split(";").map(Number);
  for (let index = 0; index < list.length; index += 1) {
    const code = list[index] ?? 0;
    if (code === 38 || code === 48) {
      // 256 colours and RGB: skip their arguments; the console's own colours carry meaning.
      index += list[index + 1] === 5 ? 2 : 4;
    } else style = applyCode(style, code);
  }
  return style;
}

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 24) return { ...style, underline: false };
  if (code === 39) return { ...style, color: null };
  const color = COLORS[code >= 90 && code <= 97 ? code - 90 : code - 30];
  return color && ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) ? { ...style, color } : style;
}
