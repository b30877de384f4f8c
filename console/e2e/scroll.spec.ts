import { expect, test } from "@playwright/test";
import { Api } from "./support/api.ts";
import { PERSON } from "./support/seed.ts";
import { startServer } from "./support/server.ts";

const ROWS = 100_000;
const PER_PAGE = 100;
const SECONDS = 6;
/** The design wants none over 50 ms; a busy machine adds its own, so the test fails only far above. */
const BROKEN_MS = Number(process.env.LONG_TASK_MS ?? 400);

// The recorder takes a picture of the whole page at every step, on the page's own thread.
test.use({ trace: "off" });

test("a list of 100,000 devices scrolls without long tasks", async ({ browser }) => {
  const server = await startServer();
  const api = new Api(server.url);
  await api.setUp(server.setupUrl, PERSON);
  const context = await browser.newContext();
  await context.addCookies([api.cookieForBrowser]);
  const page = await context.newPage();
  // Only the answers of this one list are made here; everything else is the real server.
  await page.route(/\/api\/v1\/devices\?/, async (route) => {
    const start = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
    const next = start + PER_PAGE;
    await route.fulfill({
      json: {
        items: Array.from({ length: PER_PAGE }, (_, index) => device(start + index)),
        next_cursor: next < ROWS ? String(next) : null,
        total: start === 0 ? ROWS : null,
      },
    });
  });
  await page.goto(`${server.url}/devices/`);
  await expect(page.getByText("100,000 devices")).toBeVisible();
  await expect(page.getByRole("row").nth(5)).toBeVisible();
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(window, { longTasks: seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.push(Math.round(entry.duration));
    }).observe({ type: "longtask" });
  });
  await page.mouse.move(700, 500);
  const until = Date.now() + SECONDS * 1000;
  while (Date.now() < until) {
    await page.mouse.wheel(0, 900);
    await page.waitForTimeout(30);
  }
  const { tasks, nodes, rows } = await page.evaluate(() => ({
    tasks: (window as unknown as { longTasks: number[] }).longTasks,
    nodes: document.querySelectorAll("[role=row]").length,
    rows: Number([...document.querySelectorAll("[data-row]")].at(-1)?.getAttribute("data-row")),
  }));
  process.stdout.write(
    `\nscrolled to row ${rows}; ${nodes} rows in the page; long tasks (ms): ${tasks.join(", ") || "none"}\n`,
  );
  expect(nodes).toBeLessThan(120);
  expect(Math.max(0, ...tasks)).toBeLessThan(BROKEN_MS);
  await context.close();
  await server.stop();
});

function device(index: number): object {
  return {
    id: `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`,
    hostname: `BER-LT-${String(index).padStart(6, "0")}`,
    state: "active",
    status: index % 3 === 0 ? "offline" : "online",
    status_reason: null,
    os: { family: "windows", name: "Windows 11 Pro", version: "24H2", build: "26100", architecture: "x64" },
    hardware: {
      manufacturer: "LENOVO",
      model: "ThinkPad T14 Gen 5",
      sku: null,
      serial: String(index),
      memory_bytes: 2 ** 34,
    },
    logged_on_user: "NORDWIND\\j.weber",
    agent_version: "0.1.0",
    last_check_in: new Date().toISOString(),
    boot_time: null,
    tags: ["berlin", "pilot"],
    key_protection: "tpm",
    pending_key: false,
    created_at: new Date().toISOString(),
    enrolled_at: new Date().toISOString(),
    version: 1,
  };
}
