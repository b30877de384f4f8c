"use client";

import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { cn } from "@/lib/cn";
import { passwordStrength } from "@/lib/password-strength";
import { controlClass, Field } from "./field";

type PasswordFieldProps = Omit<ComponentProps<"input">, "type" | "className" | "value"> & {
  label: string;
  value: string;
  error?: string;
  help?: string;
  /** Shows the meter; the words given make a password weak when it repeats them. */
  meterContext?: string[];
};

export function PasswordField({ label, value, error, help, meterContext, ...input }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div>
      <Field label={label} error={error} help={help}>
        {(control) => (
          <span className="relative block">
            <input
              {...control}
              {...input}
              value={value}
              type={shown ? "text" : "password"}
              className={cn(controlClass, "h-9 pr-10")}
            />
            <button
              type="button"
              onClick={() => setShown(!shown)}
              aria-label={shown ? "Hide password" : "Show password"}
              aria-pressed={shown}
              className="absolute top-0.5 right-0.5 grid size-8 place-items-center rounded-control text-muted hover:text-text"
            >
              <Icon className="size-4" strokeWidth={1.5} aria-hidden />
            </button>
          </span>
        )}
      </Field>
      {meterContext && <Meter password={value} context={meterContext} />}
    </div>
  );
}

function Meter({ password, context }: { password: string; context: string[] }) {
  const strength = passwordStrength(password, context);
  const tone = ["bg-bad", "bg-bad", "bg-wait", "bg-ok"][strength.score];
  return (
    <div className="mt-2" aria-live="polite">
      <div className="flex gap-1" aria-hidden>
        {[1, 2, 3].map((step) => (
          <span
            key={step}
            className={cn("h-1 flex-1 rounded-full", password && strength.score >= step ? tone : "bg-line")}
          />
        ))}
      </div>
      <p className="mt-1.5 text-muted text-sm">
        {password
          ? `${strength.word}. ${strength.advice}`
          : "At least 12 characters. Several words are good."}
      </p>
    </div>
  );
}
