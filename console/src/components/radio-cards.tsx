"use client";

import { useId } from "react";
import { cn } from "@/lib/cn";

type RadioCardsProps<Value extends string> = {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string; help?: string }[];
  onChange: (value: Value) => void;
  disabled?: boolean;
  columns?: 1 | 2;
};

/** A few alternatives that need a sentence each. The radio buttons are real: arrows move between them. */
export function RadioCards<Value extends string>(props: RadioCardsProps<Value>) {
  const { label, value, choices, onChange, disabled, columns = 2 } = props;
  const name = useId();
  return (
    <fieldset disabled={disabled}>
      <legend className="mb-2 font-medium text-sm">{label}</legend>
      <div className={cn("grid gap-2", columns === 2 && "sm:grid-cols-2")}>
        {choices.map((choice) => {
          const chosen = choice.value === value;
          return (
            <label
              key={choice.value}
              className={cn(
                "flex cursor-pointer gap-2.5 rounded-control border p-3 text-sm transition-colors duration-120 has-disabled:cursor-not-allowed has-focus-visible:outline-2 has-focus-visible:outline-accent",
                chosen ? "border-accent bg-accent-soft" : "border-line-strong hover:bg-hover",
              )}
            >
              <input
                type="radio"
                name={name}
                value={choice.value}
                checked={chosen}
                onChange={() => onChange(choice.value)}
                className="sr-only"
              />
              <span
                aria-hidden
                className={cn(
                  "mt-0.5 grid size-3.5 shrink-0 place-items-center rounded-full border",
                  chosen ? "border-accent" : "border-control",
                )}
              >
                {chosen && <span className="size-1.5 rounded-full bg-accent" />}
              </span>
              <span className="min-w-0">
                <span className="font-medium">{choice.label}</span>
                {choice.help && <span className="block text-muted">{choice.help}</span>}
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
