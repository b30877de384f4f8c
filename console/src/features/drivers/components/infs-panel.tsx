"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight, TriangleAlert } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { controlClass } from "@/components/field";
import { Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import type { DriverInf, DriverPack } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { count, plural } from "@/lib/format";
import { infsQuery } from "../api";

/** Rows drawn at once; whoever looks for one among more than these searches. */
const SHOWN = 200;

export function InfsPanel({ pack }: { pack: DriverPack }) {
  const infs = useQuery(infsQuery(pack));
  const [text, setText] = useState("");
  const words = useDeferredValue(text.trim().toLowerCase());
  const all = infs.data ?? [];
  const broken = all.filter((inf) => inf.error !== null);
  const found = [...broken, ...all.filter((inf) => inf.error === null)].filter((inf) => says(inf, words));
  return (
    <Panel
      flush
      title={plural(pack.inf_count, "INF file")}
      description={
        broken.length > 0
          ? `${count(broken.length)} cannot be read and ${broken.length === 1 ? "is" : "are"} left out; the rest is used.`
          : "Each was read."
      }
      actions={
        all.length > 5 && (
          <input
            type="search"
            aria-label="Search path, class, provider or hardware id"
            placeholder="Search hardware id, class…"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={cn(controlClass, "h-8 max-w-56 text-sm!")}
          />
        )
      }
    >
      {infs.isError ? (
        <ErrorState error={infs.error} onRetry={() => infs.refetch()} what="The INF files" />
      ) : !infs.data ? (
        <PanelSkeleton rows={5} label="Loading the INF files" />
      ) : found.length === 0 ? (
        <p className="px-4 py-3 text-muted text-sm">{words ? `None says “${words}”.` : "There is none."}</p>
      ) : (
        <ul className="divide-y divide-line">
          {found.slice(0, SHOWN).map((inf) => (
            <li key={inf.path}>
              <InfRow inf={inf} />
            </li>
          ))}
          {found.length > SHOWN && (
            <li className="px-4 py-2.5 text-muted text-sm">
              {count(found.length - SHOWN)} more: search for the one you mean.
            </li>
          )}
        </ul>
      )}
    </Panel>
  );
}

function InfRow({ inf }: { inf: DriverInf }) {
  if (inf.error !== null) {
    return (
      <div className="flex gap-2.5 px-4 py-2.5 text-sm">
        <TriangleAlert className="mt-0.5 size-4 shrink-0 text-wait" strokeWidth={1.5} aria-hidden />
        <div className="min-w-0">
          <p className="break-all font-mono text-xs leading-5">{inf.path}</p>
          <p className="text-muted">Broken: {inf.error}</p>
        </div>
      </div>
    );
  }
  const about = [inf.device_class, inf.provider, inf.driver_version].filter(Boolean).join(" · ");
  return (
    <details className="group">
      <summary className="flex items-baseline gap-2.5 px-4 py-2.5 text-sm hover:bg-hover focus-visible:-outline-offset-2">
        <ChevronRight
          className="size-4 shrink-0 self-center text-faint transition-transform duration-120 group-open:rotate-90"
          strokeWidth={1.5}
          aria-hidden
        />
        <span className="min-w-0 flex-1 break-all font-mono text-xs leading-5">{inf.path}</span>
        <span className="hidden max-w-1/2 truncate text-muted sm:block">{about}</span>
        <span className="figures shrink-0 text-faint">{plural(inf.hardware_id_count, "id")}</span>
      </summary>
      <div className="px-4 pb-3 pl-10.5 text-sm">
        <p className="text-muted">
          {[about, inf.driver_date, inf.architectures.join(", ")].filter(Boolean).join(" · ")}
        </p>
        <ul className="mt-1.5 columns-1 gap-6 font-mono text-muted text-xs leading-5 sm:columns-2">
          {inf.hardware_ids.map((id) => (
            <li key={id} className="break-all">
              {id}
            </li>
          ))}
        </ul>
        {inf.hardware_id_count > inf.hardware_ids.length && (
          <p className="mt-1 text-faint">and {count(inf.hardware_id_count - inf.hardware_ids.length)} more</p>
        )}
      </div>
    </details>
  );
}

function says(inf: DriverInf, words: string): boolean {
  if (!words) return true;
  return [inf.path, inf.provider ?? "", inf.device_class ?? "", ...inf.hardware_ids].some((one) =>
    one.toLowerCase().includes(words),
  );
}
