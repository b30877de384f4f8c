import { ChevronDown } from "lucide-react";
import Link from "next/link";
import { CopyButton } from "@/components/copy-button";
import { type Fact, Facts, Panel } from "@/components/panel";
import { Time } from "@/components/time";
import type { ActionDetail } from "@/lib/api/types";
import { bytes, duration, shortId } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isOpen } from "../open-states";

export function ActionFacts({ action }: { action: ActionDetail }) {
  const parameters = Object.entries(action.parameters ?? {});
  return (
    <>
      <Panel title="Details">
        <Facts facts={factsOf(action)} />
      </Panel>
      {parameters.length > 0 && (
        <Panel title="Parameters">
          <Facts
            facts={parameters.map(([label, value]) => ({
              label,
              value: <span className="break-all font-mono text-xs">{String(value)}</span>,
            }))}
          />
        </Panel>
      )}
      {action.result && Object.keys(action.result).length > 0 && (
        <Panel title="Result" flush>
          <pre tabIndex={0} className="max-h-72 overflow-auto bg-sunken p-4 font-mono text-xs">
            {JSON.stringify(action.result, null, 2)}
          </pre>
        </Panel>
      )}
      {action.body && (
        <details className="group overflow-hidden rounded-panel border border-line bg-surface">
          <summary className="flex items-center justify-between px-4 py-3 font-semibold text-base hover:bg-hover focus-visible:-outline-offset-2">
            What was run
            <ChevronDown
              className="size-4 text-muted transition-transform duration-120 group-open:rotate-180"
              strokeWidth={1.5}
              aria-hidden
            />
          </summary>
          <pre
            tabIndex={0}
            className="max-h-96 overflow-auto border-line border-t bg-sunken p-4 font-mono text-xs"
          >
            {action.body}
          </pre>
        </details>
      )}
    </>
  );
}

function factsOf(action: ActionDetail): Fact[] {
  return [
    {
      label: "Script",
      value: action.script ? (
        <Link
          href={paths.script(action.script.id)}
          className="-my-[3px] inline-block rounded-control py-[3px] hover:underline"
        >
          {action.script.name} <span className="text-muted">version {action.script.version_number}</span>
        </Link>
      ) : (
        "Written for this run"
      ),
    },
    { label: "Time limit", value: duration(action.timeout_s * 1000) },
    ...(isOpen(action)
      ? [{ label: "Expires", value: <Time at={action.expires_at} empty="never" /> }]
      : [{ label: "Log", value: bytes(action.log_bytes) }]),
    ...(action.batch_id
      ? [
          {
            label: "Run",
            value: (
              <Link
                href={paths.actionsOfBatch(action.batch_id)}
                className="-my-[3px] inline-block rounded-control py-[3px] hover:underline"
              >
                All devices of this run
              </Link>
            ),
          },
        ]
      : []),
    {
      label: "Action ID",
      value: (
        <span className="flex items-center gap-1">
          <span className="font-mono text-xs" title={action.id}>
            …{shortId(action.id)}
          </span>
          <CopyButton value={action.id} label="Copy the action ID" className="-my-1.5" />
        </span>
      ),
    },
  ];
}
