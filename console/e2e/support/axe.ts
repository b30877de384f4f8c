import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { addressOf, type Ids, pagesWith } from "./pages.ts";

const SETTLED_MS = 600;

/** Serious and critical accessibility faults of every page whose objects are there, as axe finds them. */
export async function seriousFaults(page: Page, url: string, ids: Ids, of = /./): Promise<string[]> {
  const found: string[] = [];
  for (const key of pagesWith(ids).filter((each) => of.test(each))) {
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
