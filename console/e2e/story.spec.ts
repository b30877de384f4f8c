import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { type Agent, agentMissing, enrollByLine } from "./support/agent.ts";
import { seriousFaults } from "./support/axe.ts";
import { PERSON } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";
import { totp } from "./support/totp.ts";
import { watch } from "./support/watch.ts";

test.describe.configure({ mode: "serial" });

let server: Server;
let agent: Agent | undefined;
let context: BrowserContext;
let page: Page;
let faults: string[];
let totpSecret = "";
let recoveryCode = "";
const LOST = /Failed to fetch|NetworkError|Failed to load chunk/;
const ids = { device: "", action: "", script: "" };

test.beforeAll(async ({ browser }) => {
  if (agentMissing) process.stderr.write(`\n*** The story is not tested: ${agentMissing}\n\n`);
  test.skip(agentMissing !== null, agentMissing ?? "");
  server = await startServer();
  context = await browser.newContext({ colorScheme: "dark" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  page = await context.newPage();
  faults = await watch(page, server.url);
});

test.afterAll(async () => {
  await agent?.stop();
  await context?.close();
  await server?.stop();
});

test("the first-run link makes the administrator, and the first device appears by itself", async () => {
  await page.goto(`${server.url}/`);
  await expect(page.getByText("Open the link the server printed")).toBeVisible();

  await page.goto(server.setupUrl);
  await page.getByLabel("Your name").fill(PERSON.name);
  await page.getByLabel("E-mail address").fill(PERSON.email);
  await page.getByLabel("Password", { exact: true }).fill(PERSON.password);
  await expect(page.getByText("Strong.")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name of your organisation").fill(PERSON.organisation);
  await expect(page.getByLabel("Address of this server")).toHaveValue(server.url);
  await page.getByRole("button", { name: "Create" }).click();

  await expect(page.getByText("Waiting for the first device…")).toBeVisible();
  await page.getByRole("button", { name: "Copy the Linux line" }).click();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toContain(server.url);
  agent = await enrollByLine(line);
  await expect(page.getByText("Waiting for the first device…")).toBeHidden({ timeout: 60_000 });
  await expect(page.locator("[data-status=online]")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("link", { name: "Run a script" }).click();
  await expect(page).toHaveURL(/\/run\/\?device=/);
  ids.device = new URL(page.url()).searchParams.get("device") ?? "";
});

test("a set-up link works once", async ({ browser }) => {
  const other = await browser.newPage();
  await other.goto(server.setupUrl);
  await expect(other.getByText("This server is set up")).toBeVisible();
  await other.close();
});

test("a script written here prints into the page while it runs, and its end is seen", async () => {
  await page.goto(`${server.url}/run/?device=${ids.device}`);
  await page.getByRole("button", { name: "Write one here" }).click();
  await page.getByLabel("Language").selectOption("sh");
  await page
    .getByRole("textbox", { name: "Script body" })
    .fill("for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 1; done");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page).toHaveURL(/\/actions\/detail\/\?id=/);
  const log = page.getByRole("region", { name: "Log" });
  await expect(log.getByText("line 1", { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(page.locator("[data-status=running]").first()).toBeVisible();
  await expect(log.getByText("line 3", { exact: true })).toBeVisible();
  await expect(page.locator("[data-status=running]").first()).toBeVisible();
  await expect(page.locator("[data-status=succeeded]").first()).toBeVisible({ timeout: 90_000 });
  await expect(log.getByText("line 8", { exact: true })).toBeVisible();
  await expect(page.getByText("exit code 0")).toBeVisible();
  ids.action = new URL(page.url()).searchParams.get("id") ?? "";
});

test("a running script is cancelled", async () => {
  await page.goto(`${server.url}/run/?device=${ids.device}`);
  await page.getByRole("button", { name: "Write one here" }).click();
  await page.getByLabel("Language").selectOption("sh");
  await page.getByRole("textbox", { name: "Script body" }).fill("echo begun; sleep 600");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Log" }).getByText("begun")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the action" }).click();
  await expect(page.locator("[data-status=cancelled]").first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.locator("[data-status=running]").first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the action" }).click();
  await expect(page.locator("[data-status=cancelled]").first()).toBeVisible({ timeout: 60_000 });
});

test("a saved script is asked for its parameters, and its versions are compared", async () => {
  await page.goto(`${server.url}/scripts/detail/?id=new`);
  await page.getByLabel("Name", { exact: true }).fill("Greet");
  await page.getByLabel("Language").selectOption("sh");
  await page.getByRole("textbox", { name: "Script body" }).fill('echo "hello $DF_WHO"');
  await page.getByRole("button", { name: "Add" }).click();
  await page
    .getByRole("group", { name: /Parameter/ })
    .getByLabel("Name")
    .fill("Who");
  await page
    .getByRole("group", { name: /Parameter/ })
    .getByLabel("Required")
    .check();
  await page.getByRole("button", { name: "Save the script" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Greet" })).toBeVisible();
  ids.script = new URL(page.url()).searchParams.get("id") ?? "";

  await page.getByRole("textbox", { name: "Script body" }).fill('echo "good day $DF_WHO"');
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await expect(page.getByText("Version 2").first()).toBeVisible();
  await page.getByRole("tab", { name: "Versions" }).click();
  await expect(page.getByText('echo "good day $DF_WHO"')).toBeVisible();
  await expect(page.getByText('echo "hello $DF_WHO"')).toBeVisible();

  await page.goto(`${server.url}/run/?device=${ids.device}&script=${ids.script}`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByText("This is needed.")).toBeVisible();
  await page.getByLabel("Who").fill("Zoë");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Log" }).getByText("good day Zoë")).toBeVisible({
    timeout: 60_000,
  });
});

test("people, secrets and tokens are made and shown as they should be", async () => {
  await page.goto(`${server.url}/secrets/`);
  await page.getByRole("button", { name: "New secret" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("Join account");
  await page.getByLabel("Value", { exact: true }).fill("very secret");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("cell", { name: /set just now by Ada/ })).toBeVisible();

  await page.goto(`${server.url}/people/`);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Jonas Weber");
  await page.getByLabel("E-mail address").fill("jonas@nordwind.example");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = page.getByText(/\/welcome\/#/);
  await expect(link).toBeVisible();
  const guest = await context.browser()?.newPage();
  if (!guest) throw new Error("no browser");
  await guest.goto((await link.textContent()) ?? "");
  await guest.getByLabel("Password", { exact: true }).fill("a rather long password of Jonas");
  await guest.getByRole("button", { name: "Set the password" }).click();
  await guest.getByRole("link", { name: "Sign in" }).click();
  await guest.getByLabel("E-mail address").fill("jonas@nordwind.example");
  await guest.getByLabel("Password", { exact: true }).fill("a rather long password of Jonas");
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(guest.getByRole("link", { name: "Audit" })).toHaveCount(0);
  await guest.goto(`${server.url}/audit/`);
  await expect(guest.getByText("Your role does not include this")).toBeVisible();
  await guest.close();
});

test("a second factor is set up, asked for, and a recovery code does as well", async () => {
  await page.goto(`${server.url}/account/`);
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByRole("img", { name: "The secret as a QR code" })).toBeVisible();
  totpSecret = (await page.getByTestId("totp-secret").textContent()) ?? "";
  await page.getByLabel("Code from the app").fill(totp(totpSecret));
  await page.getByRole("button", { name: "Turn on" }).click();
  const dialog = page.getByRole("dialog", { name: "Your recovery codes" });
  recoveryCode = (await dialog.getByRole("listitem").first().textContent()) ?? "";
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await signOut();
  await signIn();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(recoveryCode);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await signOut();
  await signIn();
  // Each code works once: the one used while setting up is over, so the next one is.
  await page.getByLabel("Code", { exact: true }).fill(totp(totpSecret, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("the theme is switched and remembered", async () => {
  await page.goto(`${server.url}/`);
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("the palette finds the script and goes there", async () => {
  await page.goto(`${server.url}/`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("greet");
  await expect(page.getByRole("option", { name: /Greet/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Greet" })).toBeVisible();
});

test("a run is started with the keyboard alone", async () => {
  await page.goto(`${server.url}/`);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await expect(page.getByRole("heading", { level: 1, name: "Devices" })).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("1 selected")).toBeHidden();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/devices\/detail/);
  await page.getByRole("link", { name: "Run a script" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Run a script" })).toBeVisible();
  await page.getByRole("list", { name: "Scripts" }).getByRole("button", { name: /Greet/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Who").focus();
  await page.keyboard.type("keys");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "Log" }).getByText("good day keys")).toBeVisible({
    timeout: 60_000,
  });
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeHidden();
});

test("when the server goes away the page says so, and catches up when it is back", async () => {
  await page.goto(`${server.url}/devices/`);
  await expect(page.locator("[data-live=live]")).toBeVisible();
  const before = faults.length;
  await server.restart();
  await expect(page.locator("[data-live=live]")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await walkTheRail();
  // Nothing can be fetched from a server that is away; that is all that may have gone wrong.
  expect(faults.splice(before).filter((fault) => !LOST.test(fault))).toEqual([]);
});

test("files of the console that could not be fetched are fetched when the server is back", async () => {
  const own = await (await fetch(`${server.url}/devices/`)).text();
  const refused: string[] = [];
  const before = faults.length;
  await page.route("**/_next/static/chunks/**", (route) => {
    const file = new URL(route.request().url()).pathname;
    if (own.includes(file)) return route.fallback();
    refused.push(file);
    return route.abort();
  });
  await page.goto(`${server.url}/devices/`);
  await expect(page.getByRole("heading", { level: 1, name: "Devices" })).toBeVisible();
  await expect.poll(() => refused.length).toBeGreaterThan(0);
  await page.keyboard.press("?");
  await page.waitForTimeout(1500);
  await expect(page.getByRole("heading", { level: 1, name: "Devices" })).toBeVisible();
  await page.unroute("**/_next/static/chunks/**");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await walkTheRail();
  expect(faults.splice(before).filter((fault) => !LOST.test(fault))).toEqual([]);
});

for (const theme of ["dark", "light"] as const) {
  test(`no page has serious accessibility faults in the ${theme} theme`, async () => {
    // Some twenty pages, on a machine that may be busy.
    test.setTimeout(600_000);
    await page.evaluate((chosen) => localStorage.setItem("deployflow.theme", chosen), theme);
    expect(await seriousFaults(page, server.url, ids)).toEqual([]);
  });
}

test("nothing broke the content security policy, threw, or asked another origin", () => {
  expect(faults).toEqual([]);
});

async function walkTheRail(): Promise<void> {
  const rail = page.getByRole("navigation", { name: "Main" });
  for (const name of await rail.getByRole("link").allTextContents()) {
    await rail.getByRole("link", { name }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
}

async function signOut(): Promise<void> {
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

async function signIn(): Promise<void> {
  await page.getByLabel("E-mail address").fill(PERSON.email);
  await page.getByLabel("Password", { exact: true }).fill(PERSON.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
