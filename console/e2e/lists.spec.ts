import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { Api } from "./support/api.ts";
import { PERSON, seed } from "./support/seed.ts";
import { type Server, startServer } from "./support/server.ts";
import { watch } from "./support/watch.ts";

test.describe.configure({ mode: "serial" });

let server: Server;
let context: BrowserContext;
let page: Page;
let faults: string[];

test.beforeAll(async ({ browser }) => {
  server = await startServer();
  const api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  await seed(api, server, 40);
  context = await browser.newContext({ colorScheme: "dark" });
  await context.addCookies([api.cookieForBrowser]);
  page = await context.newPage();
  faults = await watch(page, server.url);
});

test.afterAll(async () => {
  await context?.close();
  await server?.stop();
});

/** The part of the address that this console writes; the rest of it is the page. */
const query = () => new URL(page.url()).searchParams;
const names = () =>
  page.getByRole("table", { name: "Devices" }).getByRole("row").locator("a").allTextContents();

test("what is searched stands in the address and survives a reload", async () => {
  await page.goto(`${server.url}/devices/`);
  await expect(page.getByText("40 devices")).toBeVisible();
  await page.keyboard.press("/");
  await page.keyboard.type("muc-");
  await expect.poll(() => query().get("q")).toBe("muc-");
  await expect(page.getByText("8 devices")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("searchbox")).toHaveValue("muc-");
  await expect(page.getByText("8 devices")).toBeVisible();
  expect((await names()).every((name) => name.startsWith("MUC-"))).toBe(true);
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await expect(page.getByText("40 devices")).toBeVisible();
  expect([...query()]).toEqual([]);
});

test("the order stands in the address and survives a reload", async () => {
  await page.goto(`${server.url}/devices/?q=ws-`);
  const header = page.getByRole("columnheader", { name: "Name" });
  await expect(header).toHaveAttribute("aria-sort", "ascending");
  await header.getByRole("button").click();
  await expect(header).toHaveAttribute("aria-sort", "descending");
  expect(query().get("sort")).toBe("-hostname");
  await expect.poll(async () => (await names())[0]).toMatch(/^ZRH-/);
  await page.reload();
  await expect(header).toHaveAttribute("aria-sort", "descending");
  await expect.poll(async () => (await names())[0]).toMatch(/^ZRH-/);
  await header.getByRole("button").click();
  await expect(header).toHaveAttribute("aria-sort", "ascending");
  expect([...query()]).toEqual([["q", "ws-"]]);
  await expect.poll(async () => (await names())[0]).toMatch(/^BER-/);
});

test("filters stand in the address, survive a reload, and are there again after Back", async () => {
  await page.goto(`${server.url}/`);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Devices" }).click();
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Filter" });
  await form.getByLabel("Field").selectOption("os_family");
  await form.getByLabel("Value").selectOption("linux");
  await form.getByRole("button", { name: "Apply" }).click();
  const chip = page.getByRole("button", { name: "Family is Linux" });
  await expect(chip).toBeVisible();
  expect(query().get("f")).toBe("os_family.eq.linux");
  await expect(page.getByText("8 devices")).toBeVisible();
  await page.reload();
  await expect(chip).toBeVisible();
  await expect(page.getByText("8 devices")).toBeVisible();

  await page.getByRole("table").getByRole("link").first().click();
  await expect(page).toHaveURL(/devices\/detail\/\?id=/);
  await page.goBack();
  await expect(chip).toBeVisible();
  await expect(page.getByText("8 devices")).toBeVisible();
  // What shapes a list takes no place in the history: one step back is the page before it.
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.goForward();
  await expect(chip).toBeVisible();
  await page.getByRole("button", { name: "Remove filter os_family" }).click();
  await expect(page.getByText("40 devices")).toBeVisible();
  expect(query().has("f")).toBe(false);
});

test("columns, density and the open tab are kept with them", async () => {
  await page.goto(`${server.url}/devices/`);
  await page.getByRole("button", { name: "View" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Serial" }).click();
  await page.getByRole("menuitemradio", { name: "Comfortable" }).click();
  await expect.poll(() => query().get("density")).toBe("comfortable");
  expect(query().get("cols")).toContain("serial");
  await page.reload();
  await expect(page.getByRole("columnheader", { name: "Serial" })).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toHaveCSS("height", "44px");

  await page.goto(`${server.url}/people/`);
  await page.getByRole("tab", { name: "Roles" }).click();
  await expect.poll(() => query().get("tab")).toBe("roles");
  await page.reload();
  await expect(page.getByRole("tab", { name: "Roles" })).toHaveAttribute("aria-selected", "true");
});

test("a search that finds nothing says so and offers the way back", async () => {
  await page.goto(`${server.url}/devices/?q=nothing-is-called-so`);
  await expect(page.getByText("No device matches")).toBeVisible();
  await page.getByRole("button", { name: "Clear search and filters" }).click();
  await expect(page.getByText("40 devices")).toBeVisible();
});

test("nothing broke the content security policy, threw, or asked another origin", () => {
  expect(faults).toEqual([]);
});
