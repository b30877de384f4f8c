"use client";

import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { SelectionBar } from "@/components/list/selection-bar";
import { toast } from "@/components/toasts";
import type { ListState } from "@/lib/api/request";
import { count, plural } from "@/lib/format";
import type { Selection } from "@/lib/list/selection";
import { useCan } from "@/lib/session";
import { type BatchOutcome, collectDevices, type DeviceOrder, MAX_TARGETS, useDeviceBatch } from "../api";
import { GroupDialog } from "./group-dialog";
import { TagDialog } from "./tag-dialog";

type DeviceSelectionProps = {
  selection: Selection;
  total: number | null;
  request: ListState;
  onRun: (ids: string[]) => void;
};

export function DeviceSelection({ selection, total, request, onRun }: DeviceSelectionProps) {
  const can = useCan();
  const batch = useDeviceBatch();
  const [tagging, setTagging] = useState(false);
  const [grouping, setGrouping] = useState(false);
  const [revoking, setRevoking] = useState(false);
  const [selectingAll, setSelectingAll] = useState(false);
  const ids = [...selection.ids];
  const selectAll = async () => {
    setSelectingAll(true);
    try {
      selection.replace((await collectDevices(request)).map((device) => device.id));
    } catch (error) {
      toast.failed("Not all devices could be read.", error);
    } finally {
      setSelectingAll(false);
    }
  };
  const order = (next: DeviceOrder, done: string, undo?: DeviceOrder) =>
    batch.mutate(next, {
      onSuccess: (outcome) => {
        report(outcome, done, undo && (() => batch.mutate(undo)));
        setRevoking(false);
      },
      onError: (error) => toast.failed("Nothing was changed.", error),
    });
  return (
    <>
      <SelectionBar
        selection={selection}
        total={total === null ? null : Math.min(total, MAX_TARGETS)}
        onSelectAll={selectAll}
        selectingAll={selectingAll}
      >
        {can("actions:run") && (
          <Button size="sm" variant="primary" onClick={() => onRun(ids)}>
            Run a script
          </Button>
        )}
        {can("devices:write") && (
          <Button size="sm" onClick={() => setTagging(true)}>
            Tag
          </Button>
        )}
        {can("devices:write") && (
          <Button size="sm" onClick={() => setGrouping(true)}>
            Group
          </Button>
        )}
        {can("devices:approve") && (
          <Button size="sm" onClick={() => order({ ids, op: "approve" }, "approved")}>
            Approve
          </Button>
        )}
        {can("devices:write") && (
          <Button size="sm" onClick={() => setRevoking(true)}>
            Revoke
          </Button>
        )}
      </SelectionBar>
      {grouping && <GroupDialog ids={ids} onClose={() => setGrouping(false)} />}
      {tagging && (
        <TagDialog
          count={selection.count}
          onClose={() => setTagging(false)}
          onApply={(tags) => {
            setTagging(false);
            order({ ids, op: "tag", tags }, `tagged ${tags.join(", ")}`, { ids, op: "untag", tags });
          }}
        />
      )}
      <ConfirmDialog
        open={revoking}
        onOpenChange={setRevoking}
        title={`Revoke ${plural(selection.count, "device")}`}
        confirmLabel="Revoke"
        typedWord={selection.count > 1 ? count(selection.count) : undefined}
        busy={batch.isPending}
        onConfirm={() => order({ ids, op: "revoke" }, "revoked")}
      >
        Their keys stop working at once, and actions that wait for them will not run. To come back, each has
        to be enrolled again.
      </ConfirmDialog>
    </>
  );
}

function report(outcome: BatchOutcome, done: string, undo?: () => void): void {
  if (outcome.succeeded > 0) toast.done(`${plural(outcome.succeeded, "device")} ${done}.`, { undo });
  const first = outcome.failed[0];
  if (first) toast.failed(`${plural(outcome.failed.length, "device")} could not be changed (${first.code}).`);
}
