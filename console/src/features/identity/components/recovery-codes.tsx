"use client";

import { Download } from "lucide-react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { download } from "@/lib/list/csv";

export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Your recovery codes"
      description="Each works once instead of a code from your phone. They are shown only now; earlier ones stopped working."
      footer={
        <>
          <CopyButton value={codes.join("\n")} label="Copy all codes">
            Copy
          </CopyButton>
          <Button
            size="sm"
            onClick={() => download("deployflow-recovery-codes.txt", `${codes.join("\n")}\n`)}
          >
            <Download className="size-4" strokeWidth={1.5} aria-hidden />
            Download
          </Button>
          <Button size="sm" variant="primary" onClick={onClose}>
            I have kept them
          </Button>
        </>
      }
    >
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-control border border-line bg-sunken p-4 font-mono text-sm">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Dialog>
  );
}
