import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { Api } from "./support/api.ts";
import { PERSON } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";

test.describe.configure({ mode: "serial" });

const DEPLOYFLOW = resolve(import.meta.dirname, "../../server/.venv/bin/deployflow");
const DEVICES = 14;
const SCREENS = process.env.RUN_SCREENS;

let server: Server;
let api: Api;
let fleet: ChildProcess;
let context: BrowserContext;
let page: Page;
let script = "";
let group = "";
let devices: string[] = [];

type List = { items: { id: string; status?: string }[]; total?: number };

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  const token = await api.post<{ token: string }>("/enrollment-tokens", {
    name: "Fleet",
    max_uses: DEVICES,
    auto_approve: true,
  });
  const args = ["simulate", String(DEVICES), "--url", server.url, "--token", token.token, "--seconds", "600"];
  fleet = spawn(DEPLOYFLOW, [...args, "--no-actions", "--data-dir", server.dataDir], { stdio: "ignore" });
  await expect
    .poll(async () => (await api.get<List>("/devices?filter[status]=online&total=true")).total, {
      timeout: 60_000,
    })
    .toBe(DEVICES);
  devices = (await api.get<List>("/devices?limit=200")).items.map((device) => device.id);
  script = (
    await api.post<{ id: string }>("/scripts", { name: "Tidy up", language: "python", body: "print('tidy')" })
  ).id;
  context = await browser.newContext({ colorScheme: "dark" });
  await context.addCookies([api.cookieForBrowser]);
  page = await context.newPage();
});

test.afterAll(async () => {
  fleet?.kill("SIGTERM");
  await context?.close();
  await server?.stop();
});

test("a run on many devices says who will do it, keeps to its pace and is followed to its end", async () => {
  await page.goto(`${server.url}/run/?device=${devices.join(",")}&script=${script}`);
  await expect(page.getByText(`${DEVICES} devices will do it`)).toBeVisible();
  await page.getByLabel("Devices at a time").fill("3");
  await page.getByLabel("Stop when so many percent fail").fill("50");
  await look("run-new");
  await page.getByRole("button", { name: `Run on ${DEVICES} devices` }).click();
  await expect(page.getByText(`Type ${DEVICES} to confirm.`)).toBeVisible();
  await page.getByLabel(`Type ${DEVICES} to confirm`).fill(String(DEVICES));
  await page.getByRole("button", { name: `Run on ${DEVICES} devices` }).click();
  await expect(page).toHaveURL(/\/runs\/detail\/\?id=/);
  await expect(page.getByText("3 at most")).toBeVisible();
  await expect(page.locator("[data-status=finished]").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("listitem").filter({ hasText: "Succeeded" })).toContainText(String(DEVICES));
  await expect(page.getByRole("button", { name: /Retry/ })).toHaveCount(0);
});

test("one that waits for machines that are off is cancelled", async () => {
  const gone = new Promise((done) => fleet.once("exit", done));
  fleet.kill("SIGTERM");
  await gone;
  await page.goto(`${server.url}/run/?device=${devices.slice(0, 6).join(",")}&script=${script}`);
  await page.getByRole("button", { name: "Run on 6 devices" }).click();
  await expect(page).toHaveURL(/\/runs\/detail\/\?id=/);
  await expect(page.getByRole("listitem").filter({ hasText: "Pending" })).toContainText("6");
  await look("run-waiting");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await expect(page.getByText("Cancelled by Ada Lindqvist")).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Cancelled" })).toContainText("6");
});

test("what failed is told by reason, and done again as a new run", async () => {
  const id = new URL(page.url()).searchParams.get("id") ?? "";
  failSome(server, id);
  await page.reload();
  const failures = page.getByRole("list", { name: "Failures by reason" });
  await expect(failures.getByText("The disk is full")).toBeVisible();
  await expect(failures.getByText("Exit code 3")).toBeVisible();
  await look("run-failed");
  await page.getByRole("button", { name: "Retry 3 failed" }).click();
  await page.getByRole("button", { name: "Run it again" }).click();
  await expect(page.getByText("on 3 devices")).toBeVisible();
  await expect(page.getByRole("link", { name: "an earlier run" })).toBeVisible();
  await page.goto(`${server.url}/runs/`);
  await expect(page.getByRole("row").filter({ hasText: "Tidy up" })).toHaveCount(3);
  await look("runs");
  await page.getByRole("searchbox", { name: "Search what was run" }).fill("nothing like it");
  await expect(page.getByText("No run matches")).toBeVisible();
});

test("a group is found by rules, counted while they are written, and filters the list of devices", async () => {
  await page.goto(`${server.url}/groups/`);
  await page.getByRole("link", { name: "New group" }).click();
  await page.getByRole("button", { name: "Make the group" }).click();
  await expect(page.getByText("Give the group a name.").first()).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("All of the fleet");
  await page.getByLabel("Field of rule 1").selectOption({ label: "Agent version" });
  await page.getByLabel("Operator of rule 1").selectOption({ label: "has a value" });
  await expect(page.getByText(`${DEVICES} devices match`)).toBeVisible();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByLabel("Field of rule 2").selectOption({ label: "Memory" });
  await page.getByLabel("Operator of rule 2").selectOption({ label: "less than" });
  await page.getByLabel("Value of rule 2, in GiB").fill("0.001");
  await expect(page.getByText("No device matches")).toBeVisible();
  await look("group-new");
  await page.getByRole("button", { name: "Remove rule 2" }).click();
  await expect(page.getByText(`${DEVICES} devices match`)).toBeVisible();
  await page.getByRole("button", { name: "Make the group" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "All of the fleet" })).toBeVisible();
  group = new URL(page.url()).searchParams.get("id") ?? "";
  await page.getByRole("link", { name: "Show its devices" }).click();
  await expect(page.getByText(`${DEVICES} devices`).first()).toBeVisible();
});

test("devices are put into a group of chosen ones from their list", async () => {
  await api.post("/device-groups", { name: "Room 1" });
  await page.goto(`${server.url}/devices/`);
  await page.getByRole("row").nth(1).getByRole("checkbox").check();
  await page.getByRole("row").nth(2).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Group", exact: true }).click();
  await look("group-dialog");
  await page.getByRole("button", { name: "Put in" }).click();
  await expect(page.getByText("2 devices put into Room 1.")).toBeVisible();
  await page.goto(`${server.url}/groups/`);
  await expect(page.getByRole("row").filter({ hasText: "Room 1" })).toContainText("2");
  await look("groups");
});

test("the pages of runs and groups have no serious accessibility fault in either theme", async () => {
  const [latest] = (await api.get<List>("/runs")).items;
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of [
      "/runs/",
      "/groups/",
      "/groups/detail/?id=new",
      `/groups/detail/?id=${group}`,
      `/runs/detail/?id=${latest?.id}`,
      `/run/?device=${devices.join(",")}&script=${script}`,
    ]) {
      await page.goto(server.url + path);
      await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await page.waitForTimeout(600);
      const { violations } = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        .analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${path} ${id} ${nodes[0]?.html}`)).toEqual([]);
    }
  }
});

/** Model agents always succeed: these ends are written as the server keeps those that real ones report. */
function failSome(of: Server, runId: string): void {
  const db = new DatabaseSync(join(of.dataDir, "deployflow.db"));
  const batch = runId.replaceAll("-", "");
  const some = `SELECT id FROM actions WHERE batch_id = '${batch}' ORDER BY id`;
  db.exec(
    `UPDATE actions SET status = 'failed', error_code = 'disk_full', error_message = 'The disk is full' WHERE id IN (${some} LIMIT 2)`,
  );
  db.exec(`UPDATE actions SET status = 'failed', exit_code = 3 WHERE id IN (${some} LIMIT 1 OFFSET 2)`);
  db.prepare("UPDATE runs SET counts = ? WHERE id = ?").run('{"failed": 3, "cancelled": 3}', batch);
  db.close();
}

async function look(name: string): Promise<void> {
  if (!SCREENS) return;
  mkdirSync(SCREENS, { recursive: true });
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(700);
    await page.screenshot({ path: join(SCREENS, `${name}-${colorScheme}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "dark" });
}
