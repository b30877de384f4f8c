import { type BrowserContext, expect, type Locator, type Page, test } from "@playwright/test";
import { Api } from "./support/api.ts";
import { trustNetworks } from "./support/boot-sites.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { PERSON } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";
import { watch } from "./support/watch.ts";
import { importWindows } from "./support/windows-image.ts";

test.describe.configure({ mode: "serial" });

const PROFILE = "Office PC";
let server: Server;
let api: Api;
let context: BrowserContext;
let page: Page;
let faults: string[];
const machines: Machine[] = [];
const ids = { deployment: "", device: "" };

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  server = await startServer();
  api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  await trustNetworks(api);
  const image = await importWindows(api, server, "Windows 11");
  await api.post("/profiles", {
    name: PROFILE,
    os_image_id: image,
    edition_index: 1,
    computer_naming_pattern: "BER-{seq:4}",
    tasks: [
      { type: "disk_prep", name: "Partition the disk" },
      { type: "apply_image", name: "Apply Windows" },
      { type: "inject_configuration", name: "Answer Windows' questions", configuration: { unattend: {} } },
    ],
  });
  context = await browser.newContext({ colorScheme: "dark" });
  await context.addCookies([api.cookieForBrowser]);
  page = await context.newPage();
  faults = await watch(page, server.url);
  // Whoever lets a machine in gives the password again, once in a few minutes.
  await page.addLocatorHandler(
    page.getByRole("dialog", { name: "Confirm that it is you" }),
    async (dialog) => {
      await dialog.getByLabel("Password", { exact: true }).fill(PERSON.password);
      await dialog.getByRole("button", { name: "Confirm" }).click();
    },
  );
});

test.afterAll(async () => {
  await Promise.all(machines.map((machine) => machine.stop()));
  await context?.close();
  await server?.stop();
});

function start(options: Parameters<typeof startMachine>[1]): Machine {
  const machine = startMachine(server, options);
  machines.push(machine);
  return machine;
}

/** The line of a machine that waits, with its code. */
const waiting = (code: string) => page.getByRole("listitem").filter({ hasText: code });
const card = (name: string) => page.getByRole("list", { name: "Machines" }).getByRole("link", { name });

async function approve(code: string, typed = code): Promise<void> {
  await waiting(code).getByRole("button", { name: "Compare" }).click();
  await page.getByLabel("Code on the machine's screen").fill(typed);
  await page.getByRole("button", { name: "Approve and erase its disk" }).click();
  await expect(page.getByText("is being deployed.")).toBeVisible();
}

async function grows(bar: Locator, above: number): Promise<number> {
  await expect
    .poll(async () => Number(await bar.getAttribute("aria-valuenow")), { timeout: 60_000 })
    .toBeGreaterThan(above);
  return Number(await bar.getAttribute("aria-valuenow"));
}

test("a machine that starts from the network appears by itself, with the code of its screen", async () => {
  await page.goto(`${server.url}/deployments/`);
  await expect(page.getByText("No machine is being deployed")).toBeVisible();
  await page.evaluate(() => Object.assign(window, { neverLoadedAgain: true }));
  const code = await start({ number: 1, seconds: 4 }).said("code ");
  expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  await expect(page.getByRole("heading", { name: "1 machine waits for approval" })).toBeVisible();
  await expect(waiting(code)).toContainText("LENOVO 20XW");
});

test("another code is refused at its field, and costs a try", async () => {
  const code = (await page.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/).textContent()) ?? "";
  await waiting(code).getByRole("button", { name: "Compare" }).click();
  const field = page.getByLabel("Code on the machine's screen");
  const act = page.getByRole("button", { name: "Approve and erase its disk" });
  await expect(act).toBeDisabled();
  await field.fill(code.startsWith("0") ? "1111-1111" : "0000-0000");
  await act.click();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText(/\d tries are left/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(field).toBeHidden();
});

test("approved by its code, it is seen on the wall, live to its end", async () => {
  const machine = machines[0] as Machine;
  const code = await machine.said("code ");
  // As somebody types it who does not look at the keyboard.
  await approve(code, code.replace("-", "").toLowerCase());
  const name = await machine.said("let in as ");
  expect(name).toBe("BER-0001");
  await expect(page.getByRole("heading", { name: /waits for approval/ })).toBeHidden();
  await expect(card(name)).toContainText(PROFILE);
  const bar = card(name).getByRole("progressbar");
  const first = await grows(bar, 0);
  await expect(card(name)).toContainText(/step \d of 4/);
  await grows(bar, first);
  expect(await page.evaluate(() => "neverLoadedAgain" in window)).toBe(true);

  await card(name).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  ids.deployment = new URL(page.url()).searchParams.get("id") ?? "";
  await expect(page.locator("[data-status=succeeded]").first()).toBeVisible({ timeout: 90_000 });
  await page.getByRole("button", { name: /^Apply Windows/ }).click();
  await expect(page.getByRole("region", { name: "Log" }).getByText("Apply Windows: done")).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByRole("banner").or(page.locator("main")).getByText("Succeeded").first()).toBeVisible({
    timeout: 90_000,
  });
  expect(await machine.ended).toBe(0);
  const steps = page.getByRole("button", { name: /show its log$/ });
  await expect(steps).toHaveCount(4);
  await expect(page.getByRole("button", { name: /, Succeeded: show its log$/ })).toHaveCount(4);
  await page.getByRole("link", { name }).click();
  await expect(page).toHaveURL(/devices\/detail/);
  ids.device = new URL(page.url()).searchParams.get("id") ?? "";
  await expect(page.getByText("Windows 11 Pro").first()).toBeVisible();
});

test("a prepared device is let in by itself, and its failure stands first on the wall", async () => {
  await page.goto(`${server.url}/devices/detail/?id=${ids.device}`);
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const arm = page.getByRole("button", { name: "Arm it" });
  await expect(arm).toBeDisabled();
  await page.getByLabel("Type BER-0001 to confirm").fill("BER-0001");
  await arm.click();
  await expect(page.getByText("It is armed")).toBeVisible();
  await page.getByRole("link", { name: "Watch it" }).click();
  await expect(page.locator("[data-status=armed]").first()).toBeVisible();
  ids.deployment = new URL(page.url()).searchParams.get("id") ?? "";

  // At work until the end of all this.
  const other = start({ number: 2, seconds: 600 });
  await page.goto(`${server.url}/deployments/`);
  await approve(await other.said("code "));
  const failing = start({ number: 1, seconds: 1, failAt: 2 });
  expect(await failing.said("let in as ")).toBe("BER-0001");
  expect(await failing.ended).toBe(1);
  const first = page.getByRole("list", { name: "Machines" }).getByRole("listitem").first();
  await expect(first).toContainText("BER-0001", { timeout: 30_000 });
  await expect(first).toContainText("The simulated machine was told to fail here.");
  await expect(first.locator("[data-status=failed]")).toBeVisible();
});

test("a machine in the middle of it is a device that nobody has to approve", async () => {
  await page.goto(`${server.url}/devices/?q=BER-0002`);
  await page.getByRole("link", { name: "BER-0002" }).click();
  await expect(page.getByText("Being set up by a deployment")).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await page.getByRole("tab", { name: "Deployments" }).click();
  await expect(page.getByRole("table").getByText(PROFILE)).toBeVisible();
});

test("a failed one says why, and goes on from the step that failed", async () => {
  await page.goto(`${server.url}/deployments/detail/?id=${ids.deployment}`);
  await expect(page.getByText("The simulated machine was told to fail here.").first()).toBeVisible();
  await expect(page.getByText("Linux version 6.12")).toBeVisible();
  await page.getByRole("button", { name: "Retry from “Apply Windows”" }).click();
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await expect(page.getByText("BER-0001 goes on from “Apply Windows”.")).toBeVisible();
  const again = start({ number: 1, seconds: 1 });
  expect(await again.said("step 2 of 4: ")).toBe("Apply Windows");
  expect(await again.ended).toBe(0);
  await expect(page.getByRole("button", { name: /, Succeeded: show its log$/ })).toHaveCount(4, {
    timeout: 60_000,
  });
});

test("a machine that nobody expects is denied, and says so", async () => {
  await page.goto(`${server.url}/deployments/`);
  const stranger = start({ number: 3 });
  const code = await stranger.said("code ");
  await waiting(code).getByRole("button", { name: "Compare" }).click();
  await page.getByRole("button", { name: "Deny" }).click();
  await expect(page.getByText("was denied.")).toBeVisible();
  await stranger.said("deployflow: the session is denied");
  expect(await stranger.ended).toBe(5);
});

test("a machine is prepared by its address, bad input is said at its field, and it is aborted at work", async () => {
  await page.goto(`${server.url}/deployments/`);
  await page.getByRole("button", { name: "Deploy a machine" }).first().click();
  const mac = page.getByLabel("MAC address");
  await mac.fill("52:54");
  await page.getByRole("button", { name: "Arm it" }).click();
  await expect(mac).toHaveAttribute("aria-invalid", "true");
  await mac.fill("52:54:00:00:00:04");
  await page.getByLabel("Computer name").fill("LAB-4");
  await page.getByRole("button", { name: "Arm it" }).click();
  await page.getByRole("link", { name: "Watch it" }).click();
  const machine = start({ number: 4, seconds: 20 });
  expect(await machine.said("let in as ")).toBe("LAB-4");
  await expect(page.locator("[data-status=running]").first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Abort" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("LAB-4");
  await dialog.getByRole("button", { name: "Abort" }).click();
  await expect(page.locator("[data-status=aborted]").first()).toBeVisible({ timeout: 60_000 });
  expect(await machine.ended).toBe(1);
});

test("nothing broke the content security policy, threw, or asked another origin", () => {
  expect(faults).toEqual([]);
});
