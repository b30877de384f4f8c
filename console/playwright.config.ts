import { defineConfig } from "@playwright/test";
import { launch } from "./e2e/support/launch.ts";

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  // One server and one agent at a time: the story is told in order.
  workers: 1,
  fullyParallel: false,
  timeout: 240_000,
  // A starved machine is not a defect; what passed only at the second try is said as flaky in the summary.
  retries: process.env.CI ? 1 : 0,
  // Generous: the machine may be building three other things.
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    launchOptions: launch,
    viewport: { width: 1440, height: 900 },
    actionTimeout: 30_000,
    trace: "retain-on-failure",
  },
});
