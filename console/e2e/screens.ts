import { mkdirSync } from "node:fs";
import { type Browser, expect, type Page, test } from "@playwright/test";
import { type Agent, agentMissing, enrollByLine } from "./support/agent.ts";
import { Api } from "./support/api.ts";
import { oddStates } from "./support/odd-states.ts";
import { addressOf, PAGES, pagesWith } from "./support/pages.ts";
import { PERSON, seed } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";

const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const THEMES = ["dark", "light"] as const;
const ONLY = process.env.ONLY?.split(",");
const DEVICES = Number(process.env.DEVICES ?? 240);

let server: Server;
let api: Api;
let agent: Agent | undefined;

test.beforeAll(async () => {
  mkdirSync("screens", { recursive: true });
  server = await startServer();
  api = new Api(server.url);
});

test.afterAll(async () => {
  await agent?.stop();
  await server?.stop();
});

test("every page", async ({ browser }) => {
  if (!ONLY || ONLY.includes("doors")) await doors(browser);
  else await api.setUp(server.setupUrl, PERSON);
  if (!ONLY || ONLY.includes("empty")) await eachLook(browser, (page, name) => empty(page, name));
  await seed(api, server, DEVICES);
  const ids = await story();
  await eachLook(browser, async (page, name) => {
    for (const key of pagesWith(ids)) {
      if (ONLY && !ONLY.includes(key)) continue;
      await page.goto(server.url + addressOf(key, ids));
      await shot(page, `${key}-${name}`);
    }
    if (!ONLY || ONLY.includes("overlays")) await overlays(page, name);
    if (!ONLY || ONLY.includes("odd"))
      await oddStates(page, api, server.url, (what) => shot(page, `${what}-${name}`));
  });
});

async function eachLook(browser: Browser, draw: (page: Page, name: string) => Promise<void>): Promise<void> {
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: "reduce" });
      await context.addCookies([api.cookieForBrowser]);
      const page = await context.newPage();
      await draw(page, `${theme}-${size}`);
      await context.close();
    }
  }
}

async function shot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("load");
  await page.waitForTimeout(900);
  await expect(page.locator("h1, h2, dialog").first()).toBeVisible();
  await page.screenshot({ path: `screens/${name}.png` });
}

async function doors(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: SIZES.wide, colorScheme: "dark" });
  await page.goto(server.setupUrl);
  await page.getByLabel("Your name").fill(PERSON.name);
  await page.getByLabel("E-mail address").fill(PERSON.email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse");
  await shot(page, "setup-1-dark-wide");
  await api.setUp(server.setupUrl, PERSON);
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const door = await browser.newPage({ viewport, colorScheme: theme });
      await door.goto(`${server.url}/sign-in/`);
      await shot(door, `sign-in-${theme}-${size}`);
      await door.goto(`${server.url}/welcome/#token=x`);
      await shot(door, `welcome-${theme}-${size}`);
      await door.close();
    }
  }
  await page.close();
}

async function empty(page: Page, name: string): Promise<void> {
  for (const key of ["overview", "devices", "actions", "scripts", "enrollment", "secrets"] as const) {
    await page.goto(server.url + PAGES[key]);
    await shot(page, `empty-${key}-${name}`);
  }
}

async function overlays(page: Page, name: string): Promise<void> {
  await page.goto(`${server.url}/devices/`);
  await page.waitForTimeout(800);
  await page.keyboard.press("Control+k");
  await page.waitForTimeout(600);
  await page.keyboard.type("ber", { delay: 30 });
  await shot(page, `palette-${name}`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await shot(page, `keys-${name}`);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Account:/ }).click();
  await shot(page, `account-menu-${name}`);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await shot(page, `filter-${name}`);
  await page.keyboard.press("Escape");
  const box = page.getByRole("checkbox", { name: "Select row 1", exact: true });
  if (await box.isVisible()) {
    await box.click();
    await page.getByRole("checkbox", { name: "Select row 4", exact: true }).click({ modifiers: ["Shift"] });
    await shot(page, `selection-${name}`);
  } else {
    await page.getByRole("button", { name: "Open the navigation" }).click();
    await shot(page, `navigation-${name}`);
  }
  await page.goto(`${server.url}/audit/`);
  await page
    .getByRole("table")
    .getByRole("button", { name: /new version|queued|created/i })
    .first()
    .click();
  await shot(page, `audit-entry-${name}`);
}

/** One real device that ran things: well, badly, and one that still runs. */
async function story(): Promise<{ device: string; action: string; script: string }> {
  const scripts = await api.get<{ items: { id: string; name: string }[] }>("/scripts?q=disk&limit=1");
  const script = scripts.items[0]?.id ?? "";
  const simulated = await api.get<{ items: { id: string }[] }>("/devices?limit=5&filter[state]=active");
  let device = simulated.items[0]?.id ?? "";
  if (agentMissing) process.stderr.write(`${agentMissing}\n`);
  else {
    const made = await api.post<{ id: string; install: { linux: string } }>("/enrollment-tokens", {
      name: "Workshop",
    });
    agent = await enrollByLine(made.install.linux);
    const uses = await api.get<{ items: { device: { id: string } }[] }>(`/enrollment-tokens/${made.id}/uses`);
    device = uses.items[0]?.device.id ?? device;
  }
  const run = async (device_ids: string[], body: string, more: object = {}) => {
    const answer = await api.post<{ items: { id: string }[] }>("/actions", {
      device_ids,
      kind: "run_script",
      payload: { language: "sh", body, parameters: {} },
      ...more,
    });
    return answer.items[0]?.id ?? "";
  };
  const away = await api.get<{ items: { id: string }[] }>(
    "/devices?limit=40&filter[state]=active&filter[os_family]=linux",
  );
  await run(
    away.items.map((each) => each.id),
    "uptime\n",
  );
  await run([device], "echo 'about to fail'; echo 'no such printer' >&2; exit 3\n");
  const action = await run([device], LONG_LOG);
  await run([device], "for i in 1 2 3 4 5 6 7 8 9; do echo step $i; sleep 60; done\n");
  for (let tries = 0; tries < 60; tries += 1) {
    const { status } = await api.get<{ status: string }>(`/actions/${action}`);
    if (!["pending", "leased", "running"].includes(status)) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  return { device, action, script };
}

const LONG_LOG = `
printf '\\033[1mChecking the volumes\\033[0m\\n'
for i in $(seq 1 140); do printf '\\033[32m%s\\033[0m copied /var/cache/apt/archives/package-number-%03d.deb to the share\\n' ok $i; done
echo 'warning: 3 files were newer on the share and were left alone' >&2
printf '\\033[33mA long line that has to wrap: %s\\033[0m\\n' "$(seq -s ' ' 1 120)"
echo done
`;
