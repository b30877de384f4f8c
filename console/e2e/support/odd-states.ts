import type { Page } from "@playwright/test";
import type { Api } from "./api.ts";

type List = { items: { id: string }[] };

/** What the pages show when things are not as usual: refused, gone, failed, waiting, away, being made. */
export async function oddStates(
  page: Page,
  api: Api,
  url: string,
  shot: (name: string) => Promise<void>,
): Promise<void> {
  const first = async (path: string) => (await api.get<List>(path)).items[0]?.id ?? "";
  const devices = {
    full: await first("/devices?q=ber-lt-0008"),
    pending: await first("/devices?filter[state]=pending"),
    quarantined: await first("/devices?filter[state]=quarantined"),
    revoked: await first("/devices?filter[state]=revoked"),
    "long-name": await first("/devices?q=a-hostname-much-longer"),
  };
  for (const [state, id] of Object.entries(devices)) {
    await page.goto(`${url}/devices/detail/?id=${id}`);
    await shot(`device-${state}`);
  }
  for (const status of ["failed", "pending", "running"]) {
    const id = await first(`/actions?filter[status]=${status}`);
    await page.goto(`${url}/actions/detail/?id=${id}`);
    await shot(`action-${status}`);
  }
  const batch = (await api.get<{ items: { batch_id: string }[] }>("/actions?filter[status]=pending"))
    .items[0];
  await page.goto(`${url}/actions/?f=batch_id.eq.${batch?.batch_id}`);
  await shot("actions-batch");
  await page.goto(`${url}/devices/?q=nothing-is-called-so&f=os_family.eq.windows~hostname.contains.ber`);
  await shot("devices-no-match");
  await page.goto(
    `${url}/devices/?density=comfortable&cols=hostname,status,serial,memory,agent,last_check_in`,
  );
  await shot("devices-other-columns");
  await page.goto(`${url}/devices/detail/?id=${devices.full.replace(/.$/, "0")}`);
  await shot("device-gone");
  await page.goto(`${url}/run/`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await shot("run-empty");
  await page.getByRole("button", { name: "Write one here" }).click();
  await shot("run-written-here");
  await sheets(page, url, shot);
  await refusals(page, url, shot);
}

async function sheets(page: Page, url: string, shot: (name: string) => Promise<void>): Promise<void> {
  await page.goto(`${url}/people/`);
  await page.getByRole("button", { name: "Jonas Weber" }).click();
  await shot("user-sheet");
  await page.goto(`${url}/people/?tab=roles`);
  await page.getByRole("button", { name: /Help desk/ }).click();
  await shot("role-sheet");
  await page.goto(`${url}/people/?tab=keys`);
  await page.getByRole("button", { name: "Revoke Grafana" }).click();
  await shot("confirm");
  await page.goto(`${url}/secrets/`);
  await page.getByRole("button", { name: "Domain join account" }).click();
  await shot("secret-sheet");
  await page.goto(`${url}/enrollment/`);
  await page.getByRole("button", { name: "Berlin office" }).click();
  await shot("token-sheet");
  await page.goto(`${url}/settings/`);
  await page.getByLabel("Name", { exact: true }).fill("");
  await shot("settings-dirty");
  page.once("dialog", (dialog) => dialog.accept());
}

async function refusals(page: Page, url: string, shot: (name: string) => Promise<void>): Promise<void> {
  await page.route("**/api/v1/**", async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (/session|events/.test(path)) return route.fallback();
    if (/devices|overview/.test(path)) return route.abort();
    const refused = /audit/.test(path);
    await route.fulfill({
      status: refused ? 403 : 500,
      contentType: "application/problem+json",
      json: {
        code: refused ? "forbidden" : "internal",
        title: refused ? "Forbidden" : "Internal error",
        detail: "Something in the server went wrong. Its log says what, under the request's ID.",
        request_id: "01a20dba-8600-71b8-b5ed-63cc3b9a3450",
      },
    });
  });
  for (const [what, path] of [
    ["lost", "/devices/"],
    ["lost-overview", "/"],
    ["refused", "/audit/"],
    ["broken", "/scripts/"],
  ]) {
    await page.goto(url + path);
    // Lost connections are tried again twice before the page says so.
    await page.waitForTimeout(4500);
    await shot(`error-${what}`);
  }
  await page.unroute("**/api/v1/**");
}
