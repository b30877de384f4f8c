import { readFileSync } from "node:fs";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { Api } from "./support/api.ts";
import { seriousFaults } from "./support/axe.ts";
import { PERSON, seed } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";
import { watch } from "./support/watch.ts";
import { importWindows } from "./support/windows-image.ts";

test.describe.configure({ mode: "serial" });

let server: Server;
let api: Api;
let context: BrowserContext;
let page: Page;
let faults: string[];
let exported = "";
const ids = { profile: "" };

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  server = await startServer();
  api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  await seed(api, server, 10);
  await importWindows(api, server, "Windows 11");
  context = await browser.newContext({ colorScheme: "dark", acceptDownloads: true });
  await context.addCookies([api.cookieForBrowser]);
  page = await context.newPage();
  faults = await watch(page, server.url);
});

test.afterAll(async () => {
  await context?.close();
  await server?.stop();
});

const steps = () => page.getByRole("list", { name: "Steps" });
const step = () => page.getByRole("region", { name: "The selected step" });
const stepNames = () => steps().locator("[data-task] .font-medium").allTextContents();
const savesAs = (version: number) => page.getByRole("button", { name: `Save as version ${version}` });

async function saved(version: number): Promise<void> {
  await savesAs(version).click();
  await expect(page.getByText(`Saved as version ${version}.`)).toBeVisible();
  await expect(page.getByText(`Version ${version}`, { exact: true })).toBeVisible();
}

test("a profile is made of a template", async () => {
  await page.goto(`${server.url}/profiles/`);
  await expect(page.getByText("No profiles yet")).toBeVisible();
  await page.getByRole("button", { name: "Templates" }).click();
  await page.getByRole("button", { name: "Use Clean install", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "New profile" });
  await dialog.getByLabel("Name", { exact: true }).fill("Office PC");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Office PC" })).toBeVisible();
  ids.profile = new URL(page.url()).searchParams.get("id") ?? "";
  expect(ids.profile).not.toBe("");
  expect((await stepNames()).length).toBeGreaterThan(2);
});

test("a name that is taken is said at its field", async () => {
  await page.goto(`${server.url}/profiles/?new=1`);
  const dialog = page.getByRole("dialog", { name: "New profile" });
  await dialog.getByLabel("Name", { exact: true }).fill("Office PC");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("the image and a pattern for names are chosen, and the server says what comes of the pattern", async () => {
  await page.goto(`${server.url}/profiles/detail/?id=${ids.profile}`);
  await page.getByLabel("OS image").selectOption({ label: "Windows 11 24H2" });
  await expect(page.getByLabel("Edition")).toContainText("Windows 11 Pro");
  const pattern = page.getByLabel("Computer names");
  await pattern.fill("BER-{seq");
  await expect(page.getByRole("region", { name: "The profile" }).locator(".text-bad")).toBeVisible();
  await pattern.fill("BER-");
  await page.getByRole("button", { name: "Add {seq:3}, next free number" }).click();
  await expect(pattern).toHaveValue("BER-{seq:3}");
  await expect(page.getByText("BER-001")).toBeVisible();
  await saved(2);
});

test("steps are added, ordered with keys and buttons, and taken away", async () => {
  await steps().locator("[data-task]").last().click();
  const before = await stepNames();
  for (const type of ["Wait", "Run a script"]) {
    await page.getByRole("button", { name: "Add step" }).click();
    await page.getByRole("menuitem", { name: type, exact: true }).click();
  }
  expect(await stepNames()).toEqual([...before, "Wait", "Run a script"]);
  await steps().locator("[data-task]").last().focus();
  await page.keyboard.press("Alt+ArrowUp");
  await expect.poll(stepNames).toEqual([...before, "Run a script", "Wait"]);
  await expect(
    page.getByText(`Run a script is number ${before.length + 1} of ${before.length + 2} now.`),
  ).toBeAttached();
  await page.getByRole("button", { name: "Move Run a script down" }).click();
  await expect.poll(stepNames).toEqual([...before, "Wait", "Run a script"]);
  await page.getByRole("button", { name: "Copy the step" }).click();
  await expect.poll(stepNames).toEqual([...before, "Wait", "Run a script", "Run a script (copy)"]);
  await page.getByRole("button", { name: "Remove the step" }).click();
  await expect.poll(stepNames).toEqual([...before, "Wait", "Run a script"]);
  await steps().locator("[data-task]").last().click();
  await step().getByLabel("Name", { exact: true }).fill("Say hello");
  await step().getByLabel("Language").selectOption("powershell");
  await step().getByRole("textbox", { name: "Script body" }).fill("Write-Output hello");
  await saved(3);
  await page.reload();
  await expect.poll(stepNames).toEqual([...before, "Wait", "Say hello"]);
});

test("a step is dragged to its place", async () => {
  const before = await stepNames();
  const rows = steps().locator("li", { has: page.locator("[data-task]") });
  const last = rows.nth(before.length - 1);
  await last.locator("[draggable]").dragTo(rows.nth(before.length - 2), { targetPosition: { x: 60, y: 4 } });
  const swapped = [...before.slice(0, -2), before.at(-1), before.at(-2)];
  await expect.poll(stepNames).toEqual(swapped);
  await page.getByRole("button", { name: "Discard" }).click();
  await expect.poll(stepNames).toEqual(before);
});

test("what is wrong is said at its field, and the step that holds it is opened", async () => {
  await steps().locator("[data-task]").filter({ hasText: "Wait" }).click();
  await step().getByText("An address that answers").click();
  await step().getByRole("textbox", { name: "Address" }).fill("nowhere");
  await steps().locator("[data-task]").first().click();
  await savesAs(4).click();
  const address = step().getByRole("textbox", { name: "Address" });
  await expect(address).toHaveAttribute("aria-invalid", "true");
  const described = (await address.getAttribute("aria-describedby")) ?? "";
  await expect(page.locator(`[id="${described.split(" ")[0]}"]`)).toContainText(/http/i);
  await expect(steps().getByRole("img", { name: "stops the deployment" })).toHaveCount(1);
  await page.getByRole("button", { name: "Discard" }).click();

  await page.getByLabel("Profile name").fill("");
  await savesAs(4).click();
  await expect(page.getByLabel("Profile name")).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByLabel("Profile name")).toHaveValue("Office PC");
});

test("what is discarded leaves every field", async () => {
  await page.locator("summary").filter({ hasText: "Description and tags" }).click();
  await page.getByLabel("Tags").fill("berlin, office");
  await steps().locator("[data-task]").filter({ hasText: "Say hello" }).click();
  await step().getByLabel("Exit codes of success").fill("0, 7");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.locator("summary").filter({ hasText: "Description and tags" }).click();
  await expect(page.getByLabel("Tags")).not.toHaveValue(/berlin/);
  await steps().locator("[data-task]").filter({ hasText: "Say hello" }).click();
  await expect(step().getByLabel("Exit codes of success")).toHaveValue("0");
});

test("a change of somebody else is noticed before it would be overwritten", async () => {
  const mine = page.getByRole("region", { name: "The selected step" }).getByLabel("Name", { exact: true });
  await steps().locator("[data-task]").filter({ hasText: "Say hello" }).click();
  await mine.fill("Say good day");
  const other = await api.get<{ version: number }>(`/profiles/${ids.profile}`);
  // This page hears of it, and knows the newer version: what it sends is refused only where it has not heard yet.
  await page.route("**/api/v1/profiles/*", (route) =>
    route.request().method() === "GET" ? route.abort() : route.fallback(),
  );
  await api.send(
    "PATCH",
    `/profiles/${ids.profile}`,
    { description: "Changed elsewhere" },
    { "If-Match": `"${other.version}"` },
  );
  await savesAs(4).click();
  await expect(page.getByText("Somebody else has saved this profile meanwhile.")).toBeVisible();
  await page.unroute("**/api/v1/profiles/*");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.reload();
  await expect(page.getByText("Version 4", { exact: true })).toBeVisible();
});

test("a condition, tries and a time limit are set, and versions are compared", async () => {
  await steps().locator("[data-task]").filter({ hasText: "Say hello" }).click();
  await step().getByRole("button", { name: "Only under a condition" }).click();
  await step().getByLabel("Variable of line 1").fill("model");
  await step().getByLabel("Operator of line 1").selectOption("matches");
  await step().getByLabel("Value of line 1").fill("Latitude*");
  await step().getByLabel("Further tries").fill("2");
  await step().getByLabel("Go on when it fails").check();
  await page.getByLabel("What is new in version 5").fill("Only on Latitudes");
  await saved(5);
  await expect(steps().getByRole("img", { name: "has a condition" })).toBeVisible();

  await page.getByRole("tab", { name: "Versions" }).click();
  await expect(page.getByRole("button", { name: /Version 5.*Only on Latitudes/ })).toBeVisible();
  await expect(page.getByText(/Latitude\*/).first()).toBeVisible();
  await page.getByLabel("Compare with").selectOption("1");
  await expect(page.getByText(/^Against version 1,/)).toBeVisible();
  await expect(page.getByText("BER-{seq:3}").first()).toBeVisible();
});

test("a preflight says what would stop it on a device, and goes to the step", async () => {
  await page.goto(`${server.url}/profiles/detail/?id=${ids.profile}`);
  const preflight = page.locator("section").filter({ has: page.getByRole("heading", { name: "Preflight" }) });
  await expect(preflight.getByRole("status")).toBeVisible();
  await preflight.getByRole("button", { name: "On any machine" }).click();
  const choice = page.getByRole("dialog", { name: "Choose a device" });
  await choice.getByRole("searchbox").fill("ber-lt-0008");
  await choice.getByRole("button", { name: /BER-LT-0008/ }).click();
  await expect(preflight.getByRole("status")).toContainText("on BER-LT-0008");
  const aboutStep = preflight.getByRole("button", { name: /^Step \d/ }).first();
  if (await aboutStep.isVisible()) {
    const number = Number(/\d+/.exec((await aboutStep.textContent()) ?? "")?.[0]);
    await aboutStep.click();
    await expect(steps().locator(`[data-task="${number}"]`)).toHaveAttribute("aria-current", "step");
  }
});

test("a profile is cloned as a template, and a profile made of that", async () => {
  await page.getByRole("button", { name: "More for this profile" }).click();
  await page.getByRole("menuitem", { name: "Clone…" }).click();
  const dialog = page.getByRole("dialog", { name: "Clone Office PC" });
  await dialog.getByLabel("Name of the copy").fill("House standard");
  await dialog.getByLabel("As a template").check();
  await dialog.getByRole("button", { name: "Clone" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "House standard" })).toBeVisible();
  await page.getByRole("link", { name: "Make a profile of it" }).click();
  const making = page.getByRole("dialog", { name: "New profile" });
  await expect(making.getByRole("radio", { name: /House standard/ })).toBeChecked();
  await making.getByLabel("Name", { exact: true }).fill("Workshop PC");
  await making.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Workshop PC" })).toBeVisible();
  await expect(page.getByText("From House standard")).toBeVisible();
});

test("a profile is exported, and imported again under another name", async () => {
  await page.goto(`${server.url}/profiles/detail/?id=${ids.profile}`);
  await page.getByRole("button", { name: "More for this profile" }).click();
  const downloads = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as YAML" }).click();
  const download = await downloads;
  expect(download.suggestedFilename()).toMatch(/\.ya?ml$/);
  exported = readFileSync(await download.path(), "utf8");
  expect(exported).toContain("Say hello");

  await page.goto(`${server.url}/profiles/`);
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a profile" });
  await dialog
    .getByLabel("The profile's file")
    .setInputFiles({ name: "office.yaml", mimeType: "application/yaml", buffer: Buffer.from(exported) });
  await expect(dialog.getByLabel("Its text")).toHaveValue(exported);
  await dialog.getByRole("button", { name: "Import" }).click();
  // Its name is taken by the one it came from.
  await expect(dialog.getByLabel("Another name")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Another name").fill("Office PC of Vienna");
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Office PC of Vienna" })).toBeVisible();
  await expect.poll(stepNames).toContain("Say hello");
});

test("a file that is none of ours is refused with a sentence at its field", async () => {
  await page.goto(`${server.url}/profiles/`);
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a profile" });
  const text = dialog.getByLabel("Its text");
  for (const wrong of ["tasks: [", "name: Without a version\n"]) {
    await text.fill(wrong);
    await expect(text).not.toHaveAttribute("aria-invalid", "true");
    await dialog.getByRole("button", { name: "Import" }).click();
    await expect(text).toHaveAttribute("aria-invalid", "true");
  }
});

test("who may only look sees the profile and changes nothing", async ({ browser }) => {
  const roles = await api.get<{ items: { id: string; name: string }[] }>("/roles");
  const viewer = roles.items.find((role) => role.name === "Viewer")?.id;
  const made = await api.post<{ invite_url: string }>("/users", {
    name: "Eva Noll",
    email: "eva@nordwind.example",
    role_id: viewer,
  });
  const guest = await browser.newPage({ colorScheme: "dark" });
  await guest.goto(made.invite_url);
  await guest.getByLabel("Password", { exact: true }).fill("a rather long password of Eva");
  await guest.getByRole("button", { name: "Set the password" }).click();
  await guest.getByRole("link", { name: "Sign in" }).click();
  await guest.getByLabel("E-mail address").fill("eva@nordwind.example");
  await guest.getByLabel("Password", { exact: true }).fill("a rather long password of Eva");
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await guest.goto(`${server.url}/profiles/detail/?id=${ids.profile}`);
  await expect(guest.getByRole("list", { name: "Steps" })).toBeVisible();
  await expect(guest.getByLabel("Profile name")).toBeDisabled();
  await expect(guest.getByRole("button", { name: "Add step" })).toHaveCount(0);
  await expect(guest.getByRole("button", { name: /^Move / })).toHaveCount(0);
  await guest.close();
});

for (const theme of ["dark", "light"] as const) {
  test(`the pages of profiles have no serious accessibility faults in the ${theme} theme`, async () => {
    await page.evaluate((chosen) => localStorage.setItem("deployflow.theme", chosen), theme);
    expect(await seriousFaults(page, server.url, ids, /^profile/)).toEqual([]);
  });
}

test("nothing broke the content security policy, threw, or asked another origin", () => {
  expect(faults).toEqual([]);
});
