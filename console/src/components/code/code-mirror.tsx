"use client";

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, StreamLanguage } from "@codemirror/language";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./editor-theme";

export type CodeMirrorProps = {
  label: string;
  value: string;
  language: string;
  onChange?: (value: string) => void;
  readOnly?: boolean;
};

export function CodeMirror({ label, value, language, onChange, readOnly = false }: CodeMirrorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ value, onChange });
  latest.current = { value, onChange };

  // External system: CodeMirror, which owns the DOM below the host.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    // In a shadow root CodeMirror brings its styles as constructed sheets, which `style-src 'self'` allows.
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightSelectionMatches(),
          search({ top: true }),
          readOnly ? [] : highlightActiveLine(),
          keymap.of([
            ...defaultKeymap,
            ...historyKeymap,
            ...searchKeymap,
            ...(readOnly ? [] : [indentWithTab]),
          ]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorState.readOnly.of(readOnly),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
          EditorView.domEventHandlers({ beforeinput: replaceSelected }),
          languageOf(language),
          editorTheme,
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [label, language, readOnly]);

  // External system: CodeMirror's document, when the value was changed from outside (discard, a new version).
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} className="min-h-80" data-editor={label} />;
}

/**
 * Text typed over a selection is put in by us. Left to itself Chromium keeps the look of the first replaced letter by a
 * `style` attribute, which `style-src 'self'` refuses and which would colour the new text wrongly where it is allowed.
 */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  const isPlain = event.inputType === "insertText" && event.data !== null && !event.isComposing;
  if (!isPlain || view.state.readOnly) return false;
  const { from, to } = selectedIn(view);
  if (from === to) return false;
  view.dispatch({
    changes: { from, to, insert: event.data },
    selection: { anchor: from + event.data.length },
    userEvent: "input.type",
    scrollIntoView: true,
  });
  return true;
}

/** What the browser has selected: the editor hears of it a little later. Only Chromium tells it of a shadow root. */
function selectedIn(view: EditorView): { from: number; to: number } {
  const { root, contentDOM } = view;
  const selection = "getSelection" in root ? (root.getSelection as () => Selection | null).call(root) : null;
  const ends = selection && [
    [selection.anchorNode, selection.anchorOffset] as const,
    [selection.focusNode, selection.focusOffset] as const,
  ];
  const places = ends?.flatMap(([node, offset]) =>
    node && contentDOM.contains(node) ? [view.posAtDOM(node, offset)] : [],
  );
  if (places?.length !== 2) return view.state.selection.main;
  return { from: Math.min(...places), to: Math.max(...places) };
}

function languageOf(language: string): Extension {
  if (language === "python") return python();
  if (language === "powershell") return StreamLanguage.define(powerShell);
  if (language === "sh") return StreamLanguage.define(shell);
  return [];
}
