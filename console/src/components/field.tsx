"use client";

import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

export const controlClass =
  "w-full min-w-0 rounded-control border border-control bg-field px-2.5 text-base text-text transition-colors duration-120 hover:border-muted focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:cursor-not-allowed disabled:opacity-60 aria-invalid:border-bad";

type FieldFrame = { label: string; help?: ReactNode; error?: string; optional?: boolean; className?: string };

type FieldProps = FieldFrame & {
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
};

/** Label above, help under, the error under the field with what to do. */
export function Field({ label, help, error, optional, className, children }: FieldProps) {
  const id = useId();
  const helpId = help ? `${id}-help` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  const describedBy = [errorId, helpId].filter(Boolean).join(" ") || undefined;
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="font-medium text-sm">
        {label}
        {optional && <span className="ml-1.5 font-normal text-faint">optional</span>}
      </label>
      {children({ id, "aria-describedby": describedBy, ...(error ? { "aria-invalid": true as const } : {}) })}
      {error && (
        <p id={errorId} className="text-bad text-sm">
          {error}
        </p>
      )}
      {help && (
        <p id={helpId} className="text-muted text-sm">
          {help}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = FieldFrame & Omit<ComponentProps<"input">, "className"> & { mono?: boolean };

export function TextField({ label, help, error, optional, className, mono, ...input }: TextFieldProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional} className={className}>
      {(control) => (
        <input {...control} {...input} className={cn(controlClass, "h-9", mono && "font-mono text-sm")} />
      )}
    </Field>
  );
}

type TextAreaFieldProps = FieldFrame & Omit<ComponentProps<"textarea">, "className"> & { mono?: boolean };

export function TextAreaField({
  label,
  help,
  error,
  optional,
  className,
  mono,
  ...area
}: TextAreaFieldProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional} className={className}>
      {(control) => (
        <textarea
          {...control}
          rows={3}
          {...area}
          className={cn(controlClass, "py-2", mono && "font-mono text-sm")}
        />
      )}
    </Field>
  );
}

export type Choice = { value: string; label: string };
type SelectFieldProps = FieldFrame &
  Omit<ComponentProps<"select">, "className"> & { choices: readonly Choice[] };

export function SelectField({
  label,
  help,
  error,
  optional,
  className,
  choices,
  ...select
}: SelectFieldProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional} className={className}>
      {(control) => <Select {...control} {...select} choices={choices} className="h-9!" />}
    </Field>
  );
}

type SelectProps = ComponentProps<"select"> & { choices: readonly Choice[] };

export function Select({ choices, className, ...select }: SelectProps) {
  return (
    <span className="relative block min-w-0">
      <select {...select} className={cn(controlClass, "h-8 appearance-none pr-8", className)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} className="bg-surface text-text">
            {choice.label}
          </option>
        ))}
      </select>
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted"
        strokeWidth={1.5}
        aria-hidden
      />
    </span>
  );
}

type CheckFieldProps = Omit<ComponentProps<"input">, "type" | "className"> & {
  label: ReactNode;
  help?: ReactNode;
};

export function CheckField({ label, help, ...input }: CheckFieldProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5">
      <input
        {...input}
        id={id}
        type="checkbox"
        aria-describedby={help ? `${id}-help` : undefined}
        className="mt-0.5"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="font-medium text-sm">
          {label}
        </label>
        {help && (
          <p id={`${id}-help`} className="text-muted text-sm">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}
