import type { Page } from "@playwright/test";

/** Collects what no page may do: break the content security policy, throw, or ask another origin for anything. */
export async function watch(page: Page, origin: string): Promise<string[]> {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (!/content security policy/i.test(message.text())) return;
    const { url, lineNumber, columnNumber } = message.location();
    faults.push(`${page.url()}: ${message.text()} (${url}:${lineNumber}:${columnNumber})`);
  });
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url))
      faults.push(`asked another origin: ${url}`);
  });
  // Stricter than the server is today: no inline styles at all.
  await page.route("**/*", async (route) => {
    if (route.request().resourceType() !== "document") return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    const headers = response.headers();
    const policy = headers["content-security-policy"];
    if (policy) headers["content-security-policy"] = policy.replace(" 'unsafe-inline'", "");
    await route.fulfill({ response, headers });
  });
  return faults;
}
