import { type AnsiSpan, type AnsiStyle, PLAIN, parseAnsi } from "./ansi";

export type LogPart = { seq: number; stream: string; text: string; at: string };
export type LogLine = { number: number; stream: string; at: string; spans: AnsiSpan[]; text: string };

/**
 * Chunks end anywhere, so a line may span several, and both streams interleave: each stream keeps its own
 * unfinished line. A carriage return starts the line anew, as a progress bar expects.
 */
export function toLines(chunks: readonly LogPart[]): LogLine[] {
  const lines: LogLine[] = [];
  const open = new Map<string, { text: string; at: string }>();
  const styles = new Map<string, AnsiStyle>();
  const close = (stream: string, text: string, at: string) => {
    const shown = afterLastReturn(text);
    const { spans, end } = parseAnsi(shown, styles.get(stream) ?? PLAIN);
    styles.set(stream, end);
    lines.push({
      number: lines.length + 1,
      stream,
      at,
      spans,
      text: spans.map((span) => span.text).join(""),
    });
  };
  for (const chunk of chunks) {
    const before = open.get(chunk.stream);
    const parts = ((before?.text ?? "") + chunk.text).split("\n");
    const rest = parts.pop() ?? "";
    for (const [index, part] of parts.entries()) {
      close(chunk.stream, part, index === 0 && before ? before.at : chunk.at);
    }
    if (rest) open.set(chunk.stream, { text: rest, at: before && parts.length === 0 ? before.at : chunk.at });
    else open.delete(chunk.stream);
  }
  for (const [stream, { text, at }] of open) close(stream, text, at);
  return lines;
}

function afterLastReturn(line: string): string {
  const trimmed = line.endsWith("\r") ? line.slice(0, -1) : line;
  const at = trimmed.lastIndexOf("\r");
  return at < 0 ? trimmed : trimmed.slice(at + 1);
}
