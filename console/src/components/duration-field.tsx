"use client";

import { useState } from "react";
import { cn } from "@/lib/cn";
import { controlClass, Field, Select } from "./field";

const UNITS = [
  { value: "1", label: "seconds" },
  { value: "60", label: "minutes" },
  { value: "3600", label: "hours" },
];

type DurationFieldProps = {
  label: string;
  help?: string;
  error?: string;
  className?: string;
  disabled?: boolean;
  seconds: number;
  onChange: (seconds: number) => void;
};

/** A time as people say it, kept in seconds. */
export function DurationField({ seconds, onChange, disabled, ...frame }: DurationFieldProps) {
  const [unit, setUnit] = useState(() => largestUnit(seconds));
  const shown = Number((seconds / unit).toFixed(2));
  return (
    <Field {...frame}>
      {(control) => (
        <div className="flex gap-2">
          <input
            {...control}
            type="number"
            min={1}
            value={Number.isFinite(shown) && seconds > 0 ? shown : ""}
            onChange={(event) => onChange(Math.round(Number(event.target.value) * unit))}
            disabled={disabled}
            className={cn(controlClass, "figures h-9")}
          />
          <Select
            aria-label={`${frame.label}, unit`}
            value={String(unit)}
            onChange={(event) => setUnit(Number(event.target.value))}
            choices={UNITS}
            disabled={disabled}
            className="h-9! w-30"
          />
        </div>
      )}
    </Field>
  );
}

/** 7200 is two hours, 90 is ninety seconds. */
export function largestUnit(seconds: number): number {
  return [3600, 60].find((unit) => seconds >= unit && seconds % unit === 0) ?? 1;
}
