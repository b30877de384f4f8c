import type { ScriptLanguage } from "@/lib/api/types";

export const LANGUAGES: { value: ScriptLanguage; label: string }[] = [
  { value: "powershell", label: "PowerShell" },
  { value: "cmd", label: "Batch (cmd)" },
  { value: "sh", label: "Shell (sh)" },
  { value: "python", label: "Python" },
];

export function languageName(language: string): string {
  return LANGUAGES.find((known) => known.value === language)?.label ?? language;
}

/** How a script of this language reads a parameter; shown beside the editor. */
export function parameterHint(language: ScriptLanguage, name: string): string {
  if (language === "powershell") return `$${name}`;
  if (language === "cmd") return `%${name}%`;
  if (language === "python") return `os.environ["${name}"]`;
  return `"$${name}"`;
}
