"use client";

import { CopyPlus, Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { DurationField } from "@/components/duration-field";
import { CheckField, TextField } from "@/components/field";
import { Panel } from "@/components/panel";
import type { Finding, ProfileTaskType } from "@/lib/api/types";
import type { Configuration, TaskDraft } from "../draft";
import type { FieldErrors } from "../task-errors";
import { iconOf } from "../task-types";
import { ConditionEditor } from "./condition-editor";
import { FindingLine } from "./finding-line";
import type { Choices } from "./profile-choices";
import { formOf } from "./tasks/forms";

type TaskPanelProps = {
  task: TaskDraft;
  type: ProfileTaskType | undefined;
  variables: string[];
  choices: Choices;
  errors: { all: string[]; at: FieldErrors };
  findings: Finding[];
  readOnly: boolean;
  onChange: (task: TaskDraft) => void;
  onCopy: () => void;
  onRemove: () => void;
};

export function TaskPanel(props: TaskPanelProps) {
  const { task, type, variables, choices, errors, findings, readOnly, onChange, onCopy, onRemove } = props;
  const Icon = iconOf(task.type);
  const Form = formOf(task.type);
  const set = (change: Partial<TaskDraft>) => onChange({ ...task, ...change });
  return (
    <Panel
      aria-label="The selected step"
      title={
        <span className="flex items-center gap-2.5">
          <Icon className="size-4 text-muted" strokeWidth={1.5} aria-hidden />
          {type?.title ?? task.type}
        </span>
      }
      description={type?.summary}
      actions={
        !readOnly && (
          <span className="flex">
            <Button variant="ghost" size="icon" onClick={onCopy} aria-label="Copy the step" title="Copy">
              <CopyPlus className="size-4" strokeWidth={1.5} aria-hidden />
            </Button>
            <Button
              variant="ghost"
              size="icon"
              onClick={onRemove}
              aria-label="Remove the step"
              title="Remove"
            >
              <Trash2 className="size-4" strokeWidth={1.5} aria-hidden />
            </Button>
          </span>
        )
      }
      flush
    >
      {(findings.length > 0 || errors.all.length > 0) && (
        <ul className="flex flex-col gap-2 border-line border-b p-4">
          {errors.all.map((message) => (
            <FindingLine key={message} level="error" message={message} />
          ))}
          {findings.map((finding) => (
            <FindingLine
              key={finding.code + finding.message}
              level={finding.level}
              message={finding.message}
            />
          ))}
        </ul>
      )}
      <fieldset disabled={readOnly} className="flex flex-col gap-5 p-4">
        <legend className="sr-only">{task.name}</legend>
        <TextField
          label="Name"
          value={task.name}
          onChange={(event) => set({ name: event.target.value })}
          error={errors.at("name")}
          maxLength={200}
          help="As it stands in the list and in the deployment."
        />
        <Form
          configuration={task.configuration}
          onChange={(change: Configuration) => set({ configuration: { ...task.configuration, ...change } })}
          errors={errors.at}
          choices={choices}
          readOnly={readOnly}
        />
      </fieldset>
      <Section title="When it runs">
        <ConditionEditor
          condition={task.condition}
          variables={variables}
          error={errors.at("condition")}
          readOnly={readOnly}
          onChange={(condition) => set({ condition })}
        />
      </Section>
      <Section title="When it takes long or fails">
        <fieldset disabled={readOnly} className="grid gap-4 sm:grid-cols-2">
          <legend className="sr-only">When it takes long or fails</legend>
          <DurationField
            // A unit of its own for each step.
            key={task.key}
            label="Time limit"
            seconds={task.timeout_s}
            onChange={(timeout_s) => set({ timeout_s })}
            error={errors.at("timeout_s")}
            help="It is stopped after this, and counts as failed."
          />
          <TextField
            label="Further tries"
            type="number"
            min={0}
            max={10}
            value={task.retries}
            onChange={(event) => set({ retries: Number(event.target.value) })}
            error={errors.at("retries")}
            help="How often it is tried again when it failed."
          />
          <div className="sm:col-span-2">
            <CheckField
              label="Go on when it fails"
              help="The deployment continues with the next step, and says at its end that this one failed."
              checked={task.continue_on_error}
              onChange={(event) => set({ continue_on_error: event.target.checked })}
            />
          </div>
        </fieldset>
      </Section>
    </Panel>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="border-line border-t p-4">
      <h3 className="mb-3 font-medium text-muted text-sm">{title}</h3>
      {children}
    </section>
  );
}
