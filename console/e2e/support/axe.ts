import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { addressOf, PAGES } from "./pages.ts";

const SETTLED_MS = 600;

/** Serious and critical accessibility faults of every page, as axe finds them. */
export async function seriousFaults(
  page: Page,
  url: string,
  ids: { device: string; action: string; script: string },
): Promise<string[]> {
  const found: string[] = [];
  for (const key of Object.keys(PAGES) as (keyof typeof PAGES)[]) {
    await page.goto(url + addressOf(key, ids));
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await page.waitForTimeout(SETTLED_MS);
    found.push(...(await faultsOf(page, key)));
  }
  return found;
}

/** The same, of the page as it is shown now. */
export async function faultsOf(page: Page, name: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, impact, nodes }) =>
        `${name}: ${id} (${impact}) ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
    );
}
