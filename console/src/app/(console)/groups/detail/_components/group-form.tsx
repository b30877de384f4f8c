"use client";

import { useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { TextAreaField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import { RadioCards } from "@/components/radio-cards";
import { SaveBar } from "@/components/save-bar";
import { errorText } from "@/components/states";
import { toast } from "@/components/toasts";
import { fieldsQuery, useChangeGroup, useCreateGroup, useDeleteGroup } from "@/features/groups/api";
import { FilterBuilder } from "@/features/groups/components/filter-builder";
import { type Draft, draftOf, filterOf } from "@/features/groups/rules";
import type { DeviceGroup, FilterField } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

const FIRST: Draft[] = [{ key: 1, field: "hostname", op: "contains", text: "" }];
const KINDS = [
  { value: "rules", label: "Found by rules", help: "Whoever matches at the time is in it." },
  { value: "chosen", label: "Chosen one by one", help: "Put devices in from the list of devices." },
] as const;

type GroupFormProps = { group: DeviceGroup | null; fields: readonly FilterField[] };

export function GroupForm({ group, fields: known }: GroupFormProps) {
  const can = useCan();
  const router = useRouter();
  const fields = useQuery(fieldsQuery).data?.items ?? known;
  const create = useCreateGroup();
  const change = useChangeGroup();
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [kind, setKind] = useState<"rules" | "chosen">(group && !group.is_dynamic ? "chosen" : "rules");
  const [match, setMatch] = useState(group?.filter?.match ?? "all");
  const [drafts, setDrafts] = useState<Draft[]>(() => draftsOf(group, known));
  const [tried, setTried] = useState(false);
  const filter = kind === "rules" ? filterOf(match, drafts, fields) : null;
  const missing =
    name.trim() === ""
      ? "Give the group a name."
      : kind === "rules" && filter === null
        ? "Give each rule a value."
        : null;
  const isKnown = group !== null;
  const dirty =
    isKnown &&
    (name !== group.name ||
      description !== group.description ||
      (group.is_dynamic &&
        (match !== (group.filter?.match ?? "all") ||
          JSON.stringify(bare(drafts)) !== JSON.stringify(bare(draftsOf(group, known))))));
  const readOnly = !can("devices:write");
  const save = () => {
    setTried(true);
    if (missing) return;
    if (!isKnown) {
      create.mutate(
        { name, description, filter },
        { onSuccess: (made) => router.push(paths.group(made.id)) },
      );
      return;
    }
    change.mutate(
      { group, change: { name, description, filter } },
      { onSuccess: () => toast.done("The group is saved.") },
    );
  };
  const discard = () => {
    setName(group?.name ?? "");
    setDescription(group?.description ?? "");
    setMatch(group?.filter?.match ?? "all");
    setDrafts(draftsOf(group, known));
    change.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save();
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-5">
        <Panel title="Name">
          <div className="flex flex-col gap-4">
            <TextField
              label="Name"
              value={name}
              maxLength={200}
              onChange={(event) => setName(event.target.value)}
              error={tried && name.trim() === "" ? "Give the group a name." : undefined}
            />
            <TextAreaField
              label="What it is for"
              optional
              value={description}
              maxLength={2000}
              onChange={(event) => setDescription(event.target.value)}
            />
            {!isKnown && <RadioCards label="Which devices" value={kind} choices={KINDS} onChange={setKind} />}
          </div>
        </Panel>
        {kind === "rules" && (
          <Panel title="Rules">
            <FilterBuilder
              match={match}
              drafts={drafts}
              onChange={(nextMatch, nextDrafts) => {
                setMatch(nextMatch);
                setDrafts(nextDrafts);
              }}
            />
          </Panel>
        )}
      </fieldset>
      {isKnown ? (
        <>
          <Members group={group} />
          <SaveBar
            dirty={dirty}
            busy={change.isPending}
            error={tried && missing ? new Error(missing) : change.error}
            onSave={save}
            onDiscard={discard}
          />
        </>
      ) : (
        <div>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Make the group
          </Button>
          <p role="alert" className="mt-3 text-bad text-sm empty:hidden">
            {tried && missing ? missing : create.error ? errorText(create.error) : null}
          </p>
        </div>
      )}
    </form>
  );
}

function Members({ group }: { group: DeviceGroup }) {
  const can = useCan();
  const router = useRouter();
  const remove = useDeleteGroup();
  const [deleting, setDeleting] = useState(false);
  return (
    <Panel title="Devices">
      <p className="mb-3 text-sm">
        {group.device_count === 0
          ? "It has no devices now."
          : `It has ${plural(group.device_count, "device")} now.`}
        {!group.is_dynamic && (
          <span className="text-muted"> Put more in by selecting them in the list of devices.</span>
        )}
      </p>
      <div className="flex flex-wrap gap-2">
        <ButtonLink href={paths.devicesOfGroup(group.id)}>Show its devices</ButtonLink>
        {can("devices:write") && (
          <Button type="button" onClick={() => setDeleting(true)}>
            <Trash2 className="size-4" strokeWidth={1.5} aria-hidden />
            Delete the group
          </Button>
        )}
      </div>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete the group “${group.name}”`}
        confirmLabel="Delete the group"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(group, { onSuccess: () => router.push(paths.groups) })}
      >
        Its devices stay as they are.
      </ConfirmDialog>
    </Panel>
  );
}

function draftsOf(group: DeviceGroup | null, fields: readonly FilterField[]): Draft[] {
  const rules = group?.filter?.rules ?? [];
  if (rules.length === 0) return FIRST;
  return rules.map((rule, index) =>
    draftOf(
      rule,
      fields.find((field) => field.name === rule.field),
      index + 1,
    ),
  );
}

const bare = (drafts: readonly Draft[]) => drafts.map(({ field, op, text }) => [field, op, text]);
