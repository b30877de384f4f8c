import { defineConfig } from "@playwright/test";
import { launch } from "./e2e/support/launch.ts";

/** `npm run screens`: every page with real data, in both themes and sizes, into screens/. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "screens.ts",
  workers: 1,
  timeout: 600_000,
  reporter: [["list"]],
  use: { launchOptions: launch, reducedMotion: "reduce" },
});
