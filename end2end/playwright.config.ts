// Real Chromium against the built `kadr`: each worker starts a server of its own on an empty
// data folder (fixtures/server.ts). ./test e2e [filter] builds first; `npx playwright test`
// takes what is built.
import { existsSync } from "node:fs";

import { defineConfig, devices } from "@playwright/test";

import type { Options } from "./fixtures/index.ts";

// A Chromium of the system where there is one, else the one Playwright downloaded.
const chromium = process.env.KADR_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const isRoot = process.getuid?.() === 0;

export default defineConfig<Options>({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: process.env.KADR_E2E_REPORT ?? "test-results/report.json" }]],
  use: {
    locale: "en-US",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      chromiumSandbox: !isRoot,
      args: ["--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--no-pings"],
    },
  },
  projects: [
    { name: "desktop", use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 } } },
    // Programs of others, under node: no browser is started.
    { name: "tus", testDir: "tus" },
    // What was made of a video, in players of others. One at a time, and without a film of the
    // test itself: each keeps the machine busy. Playing is in real time, so a machine that others
    // use as well may need another try.
    { name: "media", testDir: "media", fullyParallel: false, workers: 1, retries: 2, timeout: 240_000, use: { ...devices["Desktop Chrome"], trace: "off" } },
    // What the size of a screen and fingers change. What a page does beneath is tried on the desktop,
    // and so are the colours of the dark theme.
    {
      name: "phone",
      testIgnore: /(live|login|tokens|register-\w+|uploads-\w+)\.spec\.ts/,
      grepInvert: /\bdark\b/,
      use: { ...devices["Pixel 7"], viewport: { width: 360, height: 780 } },
    },
  ],
});
