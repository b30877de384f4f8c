"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useDeferredValue } from "react";
import { Button } from "@/components/button";
import { Select } from "@/components/field";
import { ErrorState, errorText, PanelSkeleton } from "@/components/states";
import type { DeviceFilter } from "@/lib/api/types";
import { count, plural } from "@/lib/format";
import { countQuery, fieldsQuery, staticGroupsQuery } from "../api";
import { type Draft, filterOf } from "../rules";
import { RuleRow } from "./rule-row";

type FilterBuilderProps = {
  match: NonNullable<DeviceFilter["match"]>;
  drafts: readonly Draft[];
  onChange: (match: NonNullable<DeviceFilter["match"]>, drafts: Draft[]) => void;
};

/** Rules, and how many devices they find at this moment. */
export function FilterBuilder({ match, drafts, onChange }: FilterBuilderProps) {
  const fields = useQuery(fieldsQuery);
  const groups = useQuery(staticGroupsQuery).data ?? [];
  if (fields.isError)
    return <ErrorState error={fields.error} onRetry={() => fields.refetch()} what="The fields" />;
  if (!fields.data) return <PanelSkeleton label="Loading the fields" />;
  const items = fields.data.items;
  const add = () =>
    onChange(match, [
      ...drafts,
      {
        key: Math.max(0, ...drafts.map((draft) => draft.key)) + 1,
        field: "hostname",
        op: "contains",
        text: "",
      },
    ]);
  return (
    <div className="flex flex-col gap-3">
      {drafts.length > 1 && (
        <p className="flex items-center gap-2 text-sm">
          Devices for which
          <Select
            aria-label="How the rules belong together"
            value={match}
            choices={[
              { value: "all", label: "all rules hold" },
              { value: "any", label: "at least one rule holds" },
            ]}
            onChange={(event) => onChange(event.target.value === "any" ? "any" : "all", [...drafts])}
          />
        </p>
      )}
      {drafts.map((draft, index) => (
        <RuleRow
          key={draft.key}
          number={index + 1}
          draft={draft}
          fields={items}
          groups={groups}
          onChange={(next) =>
            onChange(
              match,
              drafts.map((one) => (one.key === draft.key ? next : one)),
            )
          }
          onRemove={
            drafts.length > 1
              ? () =>
                  onChange(
                    match,
                    drafts.filter((one) => one.key !== draft.key),
                  )
              : undefined
          }
        />
      ))}
      <div>
        <Button size="sm" onClick={add}>
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          Add a rule
        </Button>
      </div>
      <LiveCount filter={filterOf(match, drafts, items)} />
    </div>
  );
}

function LiveCount({ filter }: { filter: DeviceFilter | null }) {
  const asked = useDeferredValue(filter);
  const counted = useQuery({ ...countQuery(asked), placeholderData: keepPreviousData });
  if (asked === null)
    return <p className="text-muted text-sm">Give each rule a value to see how many devices match.</p>;
  if (counted.isError)
    return (
      <p role="alert" className="text-bad text-sm">
        {errorText(counted.error)}
      </p>
    );
  if (!counted.data) return <p className="text-muted text-sm">Counting…</p>;
  const { total, online, offline, examples } = counted.data;
  return (
    <p role="status" className="text-sm">
      <span className="font-medium">
        {total === 0 ? "No device matches" : `${plural(total, "device")} match`}
      </span>
      {total > 0 && (
        <span className="text-muted">
          {` · ${count(online)} online, ${count(offline)} away · ${examples.map((one) => one.hostname).join(", ")}${total > examples.length ? " …" : ""}`}
        </span>
      )}
    </p>
  );
}
