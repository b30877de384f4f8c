import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** What a first visit loads of JavaScript, per page, gzipped. Fails above the budget of the design. */
const BUDGET_KB = 200;
const pages = readdirSync("out", { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith("index.html"),
);
const sizes = pages.map((page) => {
  const html = readFileSync(`out/${page}`, "utf8");
  const scripts = new Set(
    [...html.matchAll(/<script(?![^>]*nomodule)[^>]*\ssrc="([^"]+)"/gi)].map((match) => match[1] ?? ""),
  );
  const bytes = [...scripts].reduce((sum, src) => sum + gzipSync(readFileSync(`out${src}`)).length, 0);
  return { page: `/${page.replace("index.html", "")}`, kb: Math.round(bytes / 102.4) / 10 };
});
sizes.sort((a, b) => b.kb - a.kb);
for (const { page, kb } of sizes) process.stdout.write(`${kb.toFixed(1).padStart(7)} KB  ${page}\n`);
if (sizes.some(({ kb }) => kb > BUDGET_KB)) {
  process.stderr.write(`Above the budget of ${BUDGET_KB} KB.\n`);
  process.exitCode = 1;
}
