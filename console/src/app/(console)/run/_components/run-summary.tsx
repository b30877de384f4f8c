import { Play } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Facts, Panel } from "@/components/panel";
import { errorText } from "@/components/states";
import { ApiError } from "@/lib/api/errors";
import { plural } from "@/lib/format";

type RunSummaryProps = {
  title: string | undefined;
  version: number | undefined;
  targetIds: string[];
  expiry: string;
  missing: string | null;
  confirmWord: string | undefined;
  typed: string;
  onTyped: (typed: string) => void;
  busy: boolean;
  error: unknown;
  /** Who will do it. */
  children?: ReactNode;
};

/** What is about to happen, in one look, before it does. */
export function RunSummary(props: RunSummaryProps) {
  const { title, version, targetIds, expiry, missing, confirmWord, typed, onTyped, busy, error } = props;
  const problem =
    error instanceof ApiError ? (error.errors[0]?.msg ?? error.message) : error ? errorText(error) : null;
  return (
    <Panel title="Summary" className="lg:sticky lg:top-5">
      <Facts
        facts={[
          {
            label: "Script",
            value: title ? (
              <>
                {title}
                {version !== undefined && <span className="text-muted"> version {version}</span>}
              </>
            ) : (
              <span className="text-faint">not chosen</span>
            ),
          },
          {
            label: "On",
            value:
              targetIds.length > 0 ? (
                plural(targetIds.length, "device")
              ) : (
                <span className="text-faint">none yet</span>
              ),
          },
          { label: "When", value: "Now" },
          { label: "Expires", value: `after ${expiry}` },
        ]}
      />
      {props.children && <div className="mt-4 empty:hidden">{props.children}</div>}
      {confirmWord && (
        <TextField
          className="mt-4"
          label={`Type ${confirmWord} to confirm`}
          value={typed}
          onChange={(event) => onTyped(event.target.value)}
          autoComplete="off"
        />
      )}
      <Button type="submit" variant="primary" size="lg" busy={busy} className="mt-5 w-full">
        <Play className="size-4" strokeWidth={1.5} aria-hidden />
        {targetIds.length > 1 ? `Run on ${plural(targetIds.length, "device")}` : "Run"}
      </Button>
      <p role="alert" className="mt-3 text-bad text-sm empty:hidden">
        {missing ?? problem}
      </p>
    </Panel>
  );
}
