"use client";

import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { errorText } from "./states";

type ConfirmDialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Names the object: "Retire BER-LT-0042". */
  title: string;
  children: ReactNode;
  confirmLabel: string;
  /** When given, it has to be typed: for what cannot be undone and for many objects at once. */
  typedWord?: string;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
};

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, children, confirmLabel, typedWord, busy, error, onConfirm } = props;
  const [typed, setTyped] = useState("");
  const allowed = typedWord === undefined || typed.trim() === typedWord;
  const changeOpen = (next: boolean) => {
    setTyped("");
    onOpenChange(next);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={changeOpen}
      title={title}
      footer={
        <>
          <Button onClick={() => changeOpen(false)}>Keep as it is</Button>
          <Button variant="danger" disabled={!allowed} busy={busy} onClick={onConfirm}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className="text-muted">{children}</div>
      {typedWord !== undefined && (
        <TextField
          className="mt-4"
          label={`Type ${typedWord} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {error !== undefined && error !== null && (
        <p role="alert" className="mt-3 text-bad text-sm">
          {errorText(error)}
        </p>
      )}
    </Dialog>
  );
}
