import type { DriverRule } from "@/lib/api/types";

type Machine = { manufacturer: string | null; model: string | null; sku: string | null };

/** Whether all that the rule names is so; `*` stands for any text, and case does not count. As the server decides. */
export function matches(rule: DriverRule, machine: Machine): boolean {
  const asked = [
    [rule.sku, machine.sku],
    [rule.manufacturer, machine.manufacturer],
    [rule.model, machine.model],
  ] as const;
  const named = asked.filter(([wanted]) => wanted);
  return named.length > 0 && named.every(([wanted, has]) => has !== null && isLike(has, wanted ?? ""));
}

function isLike(text: string, pattern: string): boolean {
  const has = text.trim().toLowerCase();
  const [first = "", ...rest] = pattern.trim().toLowerCase().split("*");
  const last = rest.pop();
  if (last === undefined) return has === first;
  if (!has.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = has.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return has.length - at >= last.length && has.endsWith(last);
}

/** "Dell* Latitude 54*" or "SKU 21HM*". */
export function ruleWords(rule: DriverRule): string {
  const model = [rule.manufacturer, rule.model].filter(Boolean).join(" ");
  return [rule.sku && `SKU ${rule.sku}`, model].filter(Boolean).join(", ");
}

/** What the server would refuse of a rule, said before. */
export function ruleProblem(rule: DriverRule): string | null {
  if (rule.sku?.trim() || rule.model?.trim()) return null;
  return "Give a system SKU, or a model: a maker alone is too many machines.";
}

/** Without empty words, as the server wants it. */
export function cleanRules(rules: readonly DriverRule[]): DriverRule[] {
  return rules.map(({ sku, manufacturer, model }) => ({
    sku: sku?.trim() || null,
    manufacturer: manufacturer?.trim() || null,
    model: model?.trim() || null,
  }));
}
