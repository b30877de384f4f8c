import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "13px", minHeight: "320px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "'JetBrains Mono Variable', ui-monospace, monospace",
    lineHeight: "20px",
    minHeight: "320px",
    maxHeight: "60vh",
  },
  ".cm-content": { caretColor: "var(--accent)", padding: "12px 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--faint)",
    border: "none",
    paddingRight: "8px",
  },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "44px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--hover) 60%, transparent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklab, var(--accent) 28%, transparent) !important",
  },
  ".cm-searchMatch, .cm-selectionMatch": { backgroundColor: "var(--wait-soft)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "none" },
  ".cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel input, .cm-panel button": {
    background: "var(--canvas)",
    color: "var(--text)",
    border: "1px solid var(--control)",
    borderRadius: "6px",
  },
});

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword], color: "var(--odd)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.comment, tags.meta], color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--wait)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.variableName)], color: "var(--run)" },
  { tag: [tags.variableName, tags.propertyName], color: "var(--text)" },
  { tag: [tags.typeName, tags.className], color: "var(--accent)" },
  { tag: [tags.operator, tags.punctuation], color: "var(--muted)" },
]);

export const editorTheme: Extension = [look, syntaxHighlighting(colors)];
