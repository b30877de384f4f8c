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
  const variable = `DF_${name.toUpperCase()}`;
  if (language === "powershell") return `$env:${variable}, or $${name} where param() declares it`;
  if (language === "cmd") return `%${variable}%`;
  if (language === "python") return `os.environ["${variable}"]`;
  return `"$${variable}"`;
}
