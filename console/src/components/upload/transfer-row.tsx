"use client";

import { Button } from "@/components/button";
import { ProgressBar } from "@/components/progress-bar";
import { bytes } from "@/lib/format";
import { timeLeft } from "@/lib/uploads/rate";
import { cancelTransfer, goOn, type Transfer } from "@/lib/uploads/store";
import { UploadLine } from "./upload-line";

/** A file that this page is sending. */
export function TransferRow({ transfer }: { transfer: Transfer }) {
  const { key, fileName, sizeBytes, sentBytes, phase } = transfer;
  const tone = phase === "failed" ? "bad" : phase === "waiting" ? "wait" : "run";
  return (
    <UploadLine
      name={fileName}
      words={<Words transfer={transfer} />}
      bar={
        <ProgressBar
          label={`Upload of ${fileName}`}
          percent={sizeBytes > 0 ? (sentBytes / sizeBytes) * 100 : null}
          tone={tone}
          className="mt-2"
        />
      }
      actions={
        phase !== "finishing" && (
          <>
            {(phase === "failed" || phase === "waiting") && (
              <Button size="sm" onClick={() => goOn(key)}>
                Go on now
              </Button>
            )}
            <Button size="sm" variant="ghost" onClick={() => cancelTransfer(key)}>
              Cancel
            </Button>
          </>
        )
      }
    />
  );
}

function Words({ transfer }: { transfer: Transfer }) {
  const { sizeBytes, sentBytes, bytesPerSecond, phase, problem } = transfer;
  if (phase === "failed") {
    return (
      <span role="alert" className="text-bad">
        {problem} {bytes(sentBytes)} of {bytes(sizeBytes)} were sent.
      </span>
    );
  }
  if (phase === "finishing") return <>All of it is here; the import begins.</>;
  const soFar = `${bytes(sentBytes)} of ${bytes(sizeBytes)}`;
  if (phase === "waiting") {
    return <>{soFar}. The server cannot be reached; the upload goes on by itself when it can.</>;
  }
  const left = bytesPerSecond ? timeLeft((sizeBytes - sentBytes) / bytesPerSecond) : null;
  return <>{[soFar, bytesPerSecond && `${bytes(bytesPerSecond)}/s`, left].filter(Boolean).join(" · ")}</>;
}
