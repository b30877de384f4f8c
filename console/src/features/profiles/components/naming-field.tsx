"use client";

import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { TextField } from "@/components/field";
import { nameExampleQuery } from "../api";

const PARTS: { part: string; means: string }[] = [
  { part: "{serial:8}", means: "last 8 of the serial number" },
  { part: "{site}", means: "code of the boot site" },
  { part: "{seq:3}", means: "next free number" },
  { part: "{mac:6}", means: "last 6 of the network address" },
  { part: "{model:5}", means: "first 5 of the model" },
  { part: "{asset:6}", means: "last 6 of the asset tag" },
  { part: "{uuid:4}", means: "last 4 of the SMBIOS UUID" },
];

type NamingFieldProps = {
  value: string;
  onChange: (pattern: string) => void;
  error?: string;
  readOnly: boolean;
};

/** The pattern with what comes out of it, asked of the server as one types: it knows which names are taken. */
export function NamingField({ value, onChange, error, readOnly }: NamingFieldProps) {
  const pattern = useDeferredValue(value.trim());
  const example = useQuery({ ...nameExampleQuery(pattern), enabled: pattern !== "" });
  const { name, problem, warning } = example.data ?? {};
  return (
    <div className="flex flex-col gap-1.5">
      <TextField
        label="Computer names"
        mono
        value={value}
        onChange={(event) => onChange(event.target.value)}
        error={error}
        spellCheck={false}
        maxLength={100}
        help={
          <span role="status" className={example.isPlaceholderData ? "opacity-60" : undefined}>
            {problem ? (
              <span className="text-bad">{problem}</span>
            ) : name ? (
              <>
                Such as <span className="font-mono text-text">{name}</span>
                {warning && <span className="block text-wait">{warning}</span>}
              </>
            ) : (
              "Letters, digits, hyphens and the parts below."
            )}
          </span>
        }
      />
      {!readOnly && (
        <div className="flex flex-wrap gap-1">
          {PARTS.map(({ part, means }) => (
            <button
              key={part}
              type="button"
              title={means}
              aria-label={`Add ${part}, ${means}`}
              onClick={() => onChange(value + part)}
              className="h-6 rounded-control border border-line px-1.5 font-mono text-muted text-xs hover:border-line-strong hover:text-text"
            >
              {part}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
