"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { chosenGroupsQuery, useGroupEdit } from "../api";

type GroupDialogProps = { ids: string[]; onClose: () => void };

/** Puts the selected devices into a group of chosen ones, or takes them out of it. */
export function GroupDialog({ ids, onClose }: GroupDialogProps) {
  const groups = useQuery(chosenGroupsQuery);
  const edit = useGroupEdit();
  const [chosen, setChosen] = useState("");
  const items = groups.data ?? [];
  const group = items.find((one) => one.id === chosen) ?? items[0];
  const apply = (join: boolean) => {
    if (!group) return;
    const way = (into: boolean) => (into ? { join: group.id } : { leave: group.id });
    edit.mutate(
      { ids, ...way(join) },
      {
        onSuccess: ({ changed }) => {
          const done = join ? `put into ${group.name}` : `taken out of ${group.name}`;
          toast.done(`${plural(changed, "device")} ${done}.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={`Group of ${plural(ids.length, "device")}`}
      footer={
        group ? (
          <>
            <Button onClick={() => apply(false)} busy={edit.isPending}>
              Take out
            </Button>
            <Button variant="primary" onClick={() => apply(true)} busy={edit.isPending}>
              Put in
            </Button>
          </>
        ) : (
          <ButtonLink href={paths.newGroup}>New group</ButtonLink>
        )
      }
    >
      {groups.isError ? (
        <p role="alert" className="text-bad text-sm">
          {errorText(groups.error)}
        </p>
      ) : group ? (
        <SelectField
          label="Group"
          value={group.id}
          onChange={(event) => setChosen(event.target.value)}
          choices={items.map((one) => ({ value: one.id, label: one.name }))}
          help="Groups that are found by rules are not in this list: their devices follow from the rules."
        />
      ) : (
        <p className="text-muted">
          {groups.data ? "There is no group of chosen devices yet: make one first." : "Loading the groups…"}
        </p>
      )}
      {edit.error && (
        <p role="alert" className="mt-3 text-bad text-sm">
          {errorText(edit.error)}
        </p>
      )}
    </Dialog>
  );
}
