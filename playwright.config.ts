import { defineConfig } from '@playwright/test';
import { findChromium } from './scripts/chromium.ts';
import { electronProgram, hasDisplay } from './scripts/electron.ts';
import type { ShownBy } from './tests/e2e/fixtures.ts';

const executablePath = findChromium();

/** Tests that look at one running workbench; the others stop and start hosts of their own. */
const IN_A_WINDOW = /(?:banks|charts|compare|pages|playground|runs)\.spec\.ts$/;

export default defineConfig<ShownBy>({
  testDir: 'tests/e2e',
  globalSetup: './tests/e2e/build.ts',
  outputDir: 'test-results/failures',
  // The engine under test takes every core.
  workers: 1,
  // The engine's work beside the browser can make a page late; what fails twice more is broken.
  retries: 2,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: '.cache/playwright.json' }]],
  projects: [
    { name: 'browser' },
    ...(electronProgram() !== undefined && hasDisplay()
      ? [{ name: 'electron', testMatch: IN_A_WINDOW, use: { shownBy: 'electron' as const } }]
      : []),
  ],
  use: {
    launchOptions: executablePath === undefined ? {} : { executablePath },
    viewport: { width: 1280, height: 840 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
    actionTimeout: 30_000,
    screenshot: 'only-on-failure',
  },
});
