import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** A Chromium that the system brings; Playwright's own would have to be downloaded. */
const CHROMIUM = [process.env['KINTSUGI_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'];
const executablePath = CHROMIUM.find((path) => path !== undefined && existsSync(path));

export default defineConfig({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/build.ts',
  outputDir: 'test-results/traces',
  // The engine under test takes every core.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: '.cache/playwright.json' }]],
  use: {
    launchOptions: executablePath === undefined ? {} : { executablePath },
    viewport: { width: 1280, height: 840 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
    actionTimeout: 30_000,
    trace: 'retain-on-failure',
  },
});
