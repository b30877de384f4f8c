"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button";

type CopyButtonProps = { value: string; label: string; children?: string; className?: string };

export function CopyButton({ value, label, children, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await writeClipboard(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  const Icon = copied ? Check : Copy;
  return (
    <Button
      variant={children ? "secondary" : "ghost"}
      size={children ? "sm" : "iconSm"}
      onClick={copy}
      aria-label={copied ? "Copied" : label}
      title={label}
      className={className}
    >
      <Icon className={copied ? "size-4 text-ok" : "size-4"} strokeWidth={1.5} aria-hidden />
      {children && (copied ? "Copied" : children)}
    </Button>
  );
}

/** The clipboard API needs https or localhost; a console on plain http still has to copy a command. */
async function writeClipboard(value: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(value);
  const area = document.createElement("textarea");
  area.value = value;
  area.className = "fixed opacity-0";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
