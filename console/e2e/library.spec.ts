import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BrowserContext,
  type CDPSession,
  expect,
  type Locator,
  type Page,
  test,
} from "@playwright/test";
import { Api } from "./support/api.ts";
import { faultsOf } from "./support/axe.ts";
import { makeAgents, makeDisc, makeDrivers, makeWim } from "./support/media.ts";
import { PERSON } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";
import { watch } from "./support/watch.ts";

test.describe.configure({ mode: "serial" });

const MEGABYTES = 48;
const work = mkdtempSync(join(tmpdir(), "deployflow-library-"));
const files = {
  wim: makeWim(work, MEGABYTES),
  bad: join(work, "holiday.wim"),
  ...makeDisc(work),
  drivers: makeDrivers(work),
};

let server: Server;
let context: BrowserContext;
let page: Page;
let network: CDPSession;
let faults: string[];
const axe: string[] = [];

test.beforeAll(async ({ browser }) => {
  writeFileSync(files.bad, "MZ this is a program\n".repeat(5000));
  const folder = join(work, "import");
  mkdirSync(folder);
  copyFileSync(files.iso, join(folder, "Win11.iso"));
  process.env.DEPLOYFLOW_IMPORT_DIR = folder;
  process.env.DEPLOYFLOW_AGENTS_DIR = makeAgents(work);
  server = await startServer();
  const api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  context = await browser.newContext({ colorScheme: "dark" });
  await context.addCookies([api.cookieForBrowser]);
  page = await context.newPage();
  network = await context.newCDPSession(page);
  faults = await watch(page, server.url);
});

test.afterAll(async () => {
  await context?.close();
  await server?.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Megabits, as a slow line has them; 0 takes the brake off. */
async function slow(megabytesPerSecond: number): Promise<void> {
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: megabytesPerSecond > 0 ? megabytesPerSecond * 1024 * 1024 : -1,
  });
}

/** Drops a file of the disk onto what is in sight, as a hand would. */
async function drop(target: Locator, file: string): Promise<void> {
  const input = await page.evaluateHandle(() => {
    const made = document.createElement("input");
    made.type = "file";
    document.body.append(made);
    return made;
  });
  await input.setInputFiles(file);
  await target.evaluate((element, held) => {
    const given = new DataTransfer();
    for (const one of (held as HTMLInputElement).files ?? []) given.items.add(one);
    const event = { bubbles: true, cancelable: true, dataTransfer: given };
    element.dispatchEvent(new DragEvent("dragover", event));
    element.dispatchEvent(new DragEvent("drop", event));
    (held as HTMLInputElement).remove();
  }, input);
}

const percent = async (bar: Locator) => Number(await bar.getAttribute("aria-valuenow"));

test("a WIM is dropped on the page, and its upload goes on after a reload and a cut network", async () => {
  await page.goto(`${server.url}/images/`);
  await expect(page.getByText("No OS images yet")).toBeVisible();
  await drop(page.locator("main"), files.wim);
  const sheet = page.getByRole("dialog", { name: "Import an OS image" });
  await expect(sheet.getByLabel("Name")).toHaveValue("install");
  await sheet.getByLabel("Name").fill("Windows 11, our own");
  await sheet.getByLabel("Version").fill("24H2 of March");
  await sheet.getByLabel("SHA-256 of the file").fill("not one");
  await sheet.getByRole("button", { name: "Upload and import" }).click();
  await expect(sheet.getByText("A SHA-256 has 64 digits")).toBeVisible();
  const sha256 = createHash("sha256").update(readFileSync(files.wim)).digest("hex");
  await sheet.getByLabel("SHA-256 of the file").fill(sha256);
  await slow(4);
  await sheet.getByRole("button", { name: "Upload and import" }).click();

  const uploads = page.getByRole("region", { name: "Uploads" });
  const bar = uploads.getByRole("progressbar");
  await expect(uploads.getByText(/MB of 4\d.*MB · .*MB\/s · .* left/)).toBeVisible();
  await expect.poll(() => percent(bar)).toBeGreaterThan(25);
  const before = await percent(bar);
  expect(before).toBeLessThan(90);

  await page.reload();
  await expect(uploads.getByText(/are here\. Choose the same file/)).toBeVisible();
  axe.push(...(await faultsOf(page, "an upload that waits")));
  await uploads.getByLabel("Go on with install.wim").setInputFiles(files.bad);
  await expect(uploads.getByRole("alert")).toContainText("choose that one, or discard it");
  const goesOn = page.waitForRequest((request) => request.method() === "PATCH");
  await uploads.getByLabel("Go on with install.wim").setInputFiles(files.wim);
  const offset = Number((await (await goesOn).allHeaders())["upload-offset"]);
  expect(offset).toBeGreaterThan(5 * 1024 * 1024);

  await expect.poll(() => percent(bar)).toBeGreaterThan(Math.min(85, before + 10));
  await context.setOffline(true);
  await expect(uploads.getByText("the upload goes on by itself when it can")).toBeVisible();
  await context.setOffline(false);
  await slow(0);

  const row = page
    .getByRole("table", { name: "OS images" })
    .getByRole("link", { name: "Windows 11, our own" });
  await expect(row).toBeVisible();
  await expect(uploads).toBeHidden();
  await row.click();
  await expect(page.locator("[data-status=ready]")).toBeVisible();
  await expect(page.getByRole("rowheader", { name: /Windows 11 Pro/ })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: /Windows 11 Enterprise/ })).toBeVisible();
  await expect(page.getByText(sha256).first()).toBeVisible();
  await expect(page.getByText("No profile uses it yet.")).toBeVisible();
  axe.push(...(await faultsOf(page, "an image")));
});

test("a bad file is refused with a sentence, and what to do stands there", async () => {
  await page.goto(`${server.url}/images/?new=1`);
  const sheet = page.getByRole("dialog", { name: "Import an OS image" });
  await sheet.getByRole("button", { name: "Upload and import" }).click();
  await expect(sheet.getByText("Choose the file to import.")).toBeVisible();
  axe.push(...(await faultsOf(page, "the import form with errors")));
  await drop(sheet.getByText("Drop an ISO, WIM or ESD here"), files.bad);
  await expect(sheet.getByLabel("Name")).toHaveValue("holiday");
  await sheet.getByRole("button", { name: "Upload and import" }).click();
  await page.getByRole("link", { name: "holiday" }).click();
  const steps = page.getByRole("list", { name: "Steps of the import" });
  await expect(steps.getByRole("alert")).toContainText("The file is no ISO, WIM or ESD");
  await expect(steps.getByText("Unpack, failed")).toBeVisible();
  axe.push(...(await faultsOf(page, "a failed import")));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(/Attempt 2/)).toBeVisible();
  await expect(steps.getByRole("alert")).toBeVisible();
  await page.getByRole("button", { name: "More for this image" }).click();
  await page.getByRole("menuitem", { name: "Delete the image" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page).toHaveURL(/\/images\/$/);
  await expect(page.getByRole("link", { name: "holiday" })).toBeHidden();
});

test("an image that a profile uses is edited, and is not deleted", async () => {
  await page.goto(`${server.url}/images/`);
  await page.getByRole("link", { name: "Windows 11, our own" }).click();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Description").fill("Updated each month.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Updated each month.")).toBeVisible();
  const id = new URL(page.url()).searchParams.get("id") ?? "";
  const made = await page.evaluate(async (os_image_id) => {
    const answer = await fetch("/api/v1/profiles", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "Office PC", os_image_id, tasks: [] }),
    });
    return answer.status;
  }, id);
  expect(made).toBe(201);
  await page.reload();
  await expect(page.getByRole("link", { name: /Office PC/ })).toBeVisible();
  await page.getByRole("button", { name: "More for this image" }).click();
  await page.getByRole("menuitem", { name: "Delete the image" }).click();
  await expect(page.getByText("A profile uses it: Office PC.")).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("A profile uses this image: let it use another one first")).toBeVisible();
  await page.getByRole("button", { name: "Keep as it is" }).click();
});

test("drivers come as a zip and as a folder, with their broken INF named and their machines matched", async () => {
  await page.goto(`${server.url}/drivers/`);
  await drop(page.locator("main"), files.drivers.zip);
  const sheet = page.getByRole("dialog", { name: "Add a driver pack" });
  await sheet.getByLabel("Name").fill("Latitude 54x0");
  await sheet.getByRole("button", { name: "Add a rule" }).click();
  await sheet.getByLabel("Maker").fill("Dell*");
  await sheet.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(sheet.getByText("a maker alone is too many machines")).toBeVisible();
  await sheet.getByLabel("Model", { exact: true }).fill("Latitude 54*");
  await sheet.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("link", { name: "Latitude 54x0" }).click();
  await expect(page.locator("[data-status=ready]")).toBeVisible();
  await expect(page.getByText(/1 cannot be read/)).toBeVisible();
  await expect(page.getByText(/Broken: .*\[Version\]/)).toBeVisible();
  await expect(page.getByText("Dell* Latitude 54*")).toBeVisible();
  axe.push(...(await faultsOf(page, "a driver pack")));

  await page.goto(`${server.url}/drivers/?new=1`);
  await sheet.getByLabel("A folder of drivers").setInputFiles(files.drivers.folder);
  await expect(sheet.getByText(/3 files/)).toBeVisible();
  await sheet.getByLabel("Name").fill("From a folder");
  await sheet.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("link", { name: "From a folder" }).click();
  await expect(page.getByText("2 INF files")).toBeVisible();
  await expect(page.getByText("net/e1d.inf")).toBeVisible();
});

test("WinPE is built of an ISO in the server's folder, once wimboot is there", async () => {
  await page.goto(`${server.url}/images/?new=1`);
  const sheet = page.getByRole("dialog", { name: "Import an OS image" });
  await sheet.getByRole("radio", { name: /import folder/ }).check({ force: true });
  await sheet.getByLabel("File", { exact: true }).selectOption("Win11.iso");
  await sheet.getByLabel("Name").fill("Windows 11 from Microsoft");
  await sheet.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Windows 11 from Microsoft" })).toBeVisible();
  await expect(page.locator("[data-status=ready]")).toBeVisible();

  await page.goto(`${server.url}/boot/?tab=environments`);
  await expect(page.getByText("deployflow boot build")).toBeVisible();
  await expect(page.getByText("wimboot is missing")).toBeVisible();
  await page.getByRole("button", { name: "Build WinPE" }).click();
  const build = page.getByRole("dialog", { name: "Build WinPE" });
  await build.getByRole("button", { name: "Build", exact: true }).click();
  await expect(build.getByText("Choose the file wimboot.")).toBeVisible();
  await build.getByLabel("The file wimboot").setInputFiles(files.wimboot);
  await build.getByLabel("SHA-256 on the release's page").fill("0".repeat(64));
  await expect(build.getByText(/it is not the one that you compared/)).toBeVisible();
  axe.push(...(await faultsOf(page, "building WinPE")));
  const sha256 = createHash("sha256").update(readFileSync(files.wimboot)).digest("hex");
  await build.getByLabel("SHA-256 on the release's page").fill(sha256);
  await build.getByRole("button", { name: "Build", exact: true }).click();
  await expect(build).toBeHidden();
  const made = page.getByRole("list", { name: "WinPE environments" });
  await expect(made.locator("[data-status=ready]")).toBeVisible();
  await expect(made.getByText("started now")).toBeVisible();
  await expect(page.getByText("wimboot is missing")).toBeHidden();
  axe.push(...(await faultsOf(page, "boot environments")));
});

test("the palette finds what is in the library", async () => {
  await page.goto(`${server.url}/`);
  await page.getByRole("button", { name: /Search or go to/ }).click();
  await page.getByRole("combobox").fill("latitude");
  await page.getByRole("option", { name: /Latitude 54x0/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Latitude 54x0" })).toBeVisible();
});

test("no page of it broke the content security policy, threw, or has a serious accessibility fault", async () => {
  await page.emulateMedia({ colorScheme: "light" });
  for (const path of ["/images/", "/drivers/", "/drivers/?tab=models", "/boot/?tab=environments"]) {
    await page.goto(server.url + path);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await page.waitForTimeout(600);
    axe.push(...(await faultsOf(page, `${path}, light`)));
  }
  expect(axe).toEqual([]);
  expect(faults).toEqual([]);
});
