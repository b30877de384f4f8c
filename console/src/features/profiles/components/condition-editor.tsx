"use client";

import { Plus, X } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "@/components/button";
import { controlClass, Select, TextAreaField } from "@/components/field";
import type { Comparison, TaskCondition } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { BLANK_LINE, condition as fromLines, type Line, OPERATORS, sentence, simple } from "../conditions";

type ConditionEditorProps = {
  condition: TaskCondition | null;
  variables: string[];
  error?: string;
  readOnly: boolean;
  onChange: (condition: TaskCondition | null) => void;
};

export function ConditionEditor(props: ConditionEditorProps) {
  const { condition, error, readOnly, onChange } = props;
  const lines = condition && simple(condition);
  return (
    <div className="flex flex-col gap-3">
      {condition === null ? (
        <p className="text-muted text-sm">Always.</p>
      ) : lines ? (
        <Lines {...props} join={lines.join} lines={lines.lines} />
      ) : (
        <Nested {...props} condition={condition} />
      )}
      {error && <p className="text-bad text-sm">{error}</p>}
      {!readOnly && (lines || condition === null) && (
        <Button
          size="sm"
          variant="ghost"
          className="-ml-2 self-start"
          onClick={() =>
            onChange(
              fromLines({ join: lines?.join ?? "all", lines: [...(lines?.lines ?? []), { ...BLANK_LINE }] }),
            )
          }
        >
          <Plus className="size-4" strokeWidth={1.5} aria-hidden />
          {condition === null ? "Only under a condition" : "And another"}
        </Button>
      )}
    </div>
  );
}

type LinesProps = ConditionEditorProps & { join: "all" | "any"; lines: Line[] };

function Lines({ join, lines, variables, readOnly, onChange }: LinesProps) {
  const listId = useId();
  const put = (next: Line[], nextJoin = join) => onChange(fromLines({ join: nextJoin, lines: next }));
  const replace = (index: number, change: Partial<Line>) =>
    put(lines.map((line, at) => (at === index ? { ...line, ...change } : line)));
  return (
    <fieldset disabled={readOnly} className="flex flex-col gap-2">
      <legend className="sr-only">Condition</legend>
      {lines.length > 1 && (
        <span className="flex items-center gap-2 text-muted text-sm">
          Only when
          <Select
            aria-label="How the lines are joined"
            value={join}
            onChange={(event) => put(lines, event.target.value as "all" | "any")}
            choices={[
              { value: "all", label: "all of these hold" },
              { value: "any", label: "one of these holds" },
            ]}
            className="w-44"
          />
        </span>
      )}
      {lines.map((line, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          key={index}
          className="grid grid-cols-[minmax(0,1fr)_auto_2rem] gap-2 sm:grid-cols-[10rem_9rem_minmax(0,1fr)_2rem]"
        >
          <input
            aria-label={`Variable of line ${index + 1}`}
            list={listId}
            value={line.variable}
            onChange={(event) => replace(index, { variable: event.target.value })}
            spellCheck={false}
            className={cn(controlClass, "h-8 font-mono text-sm")}
          />
          <Select
            aria-label={`Operator of line ${index + 1}`}
            value={(line.not ? "not " : "") + line.op}
            onChange={(event) => {
              const not = event.target.value.startsWith("not ");
              replace(index, { not, op: event.target.value.replace("not ", "") as Comparison["op"] });
            }}
            choices={operatorsFor(line)}
          />
          <input
            aria-label={`Value of line ${index + 1}`}
            value={line.value}
            onChange={(event) => replace(index, { value: event.target.value })}
            placeholder={line.op === "matches" ? "Latitude*" : "value"}
            className={cn(controlClass, "h-8 max-sm:order-last max-sm:col-span-2")}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove line ${index + 1}`}
            onClick={() => put(lines.filter((_, at) => at !== index))}
            className="max-sm:order-last"
          >
            <X className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        </div>
      ))}
      <datalist id={listId}>
        {variables.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {lines.some(({ op }) => op === "matches") && (
        <p className="text-muted text-sm">* stands for any text, ? for one character. Case does not count.</p>
      )}
    </fieldset>
  );
}

/** "does not match" and the like are kept when they are there; they are offered for what has no opposite. */
function operatorsFor(line: Line) {
  const opposites = OPERATORS.filter(({ value }) => value === "contains" || value === "matches" || line.not);
  return [
    ...OPERATORS,
    ...opposites.map(({ value, label }) => ({
      value: `not ${value}`,
      label: OPPOSITES[value] ?? `not: ${label}`,
    })),
  ];
}

const OPPOSITES: Partial<Record<Comparison["op"], string>> = {
  contains: "does not contain",
  matches: "does not match",
};

type NestedProps = ConditionEditorProps & { condition: TaskCondition };

/** What is nested deeper than lines can show is edited as it is kept. */
function Nested({ condition, readOnly, onChange }: NestedProps) {
  const [text, setText] = useState(() => JSON.stringify(condition, null, 2));
  const [wrong, setWrong] = useState(false);
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm">Only when {sentence(condition)}.</p>
      <TextAreaField
        label="Condition as JSON"
        mono
        rows={8}
        value={text}
        disabled={readOnly}
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          const read = parsed(event.target.value);
          setWrong(read === undefined);
          if (read !== undefined) onChange(read);
        }}
        error={wrong ? "This is no JSON yet; the last readable one is kept." : undefined}
      />
      {!readOnly && (
        <Button size="sm" className="self-start" onClick={() => onChange(null)}>
          Remove the condition
        </Button>
      )}
    </div>
  );
}

function parsed(text: string): TaskCondition | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
