// `npm test`: the checks, then every test, those in the browser last; `npm test -- <file or pattern>`
// runs those tests alone, in the browser where it names tests/e2e.
// The last line is "N passed, N failed", where each check counts as one.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './check.ts';
import { findChromium } from './chromium.ts';
import { binaryOf, ROOT, runNode } from './tools.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const REPORTS = join(ROOT, '.cache');
const NONE: Counts = { passed: 0, failed: 0 };

async function runUnitTests(filters: readonly string[]): Promise<Counts> {
  const report = join(REPORTS, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return runReported(
    report,
    [binaryOf('vitest'), 'run', ...reporters, ...filters],
    ({ numPassedTests, numFailedTests }) => ({ passed: numPassedTests, failed: numFailedTests }),
  );
}

/** The workbench in a real browser, against the real host, engine and database. */
async function runBrowserTests(filters: readonly string[]): Promise<Counts> {
  if (findChromium() === undefined) {
    console.log('The browser tests were skipped: no Chromium here; KINTSUGI_CHROMIUM names one.');
    return NONE;
  }
  return runReported(
    join(REPORTS, 'playwright.json'),
    [binaryOf('@playwright/test', 'playwright'), 'test', ...filters],
    ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected }),
  );
}

async function runReported(
  report: string,
  args: readonly string[],
  // biome-ignore lint/suspicious/noExplicitAny: each runner's report has a shape of its own
  count: (report: any) => Counts,
): Promise<Counts> {
  rmSync(report, { force: true });
  const { status } = await runNode(args, 'show');
  const counts = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : NONE;
  // A file that cannot be loaded, or a crashed worker, fails the run without a failed test.
  return { ...counts, failed: status === 0 ? counts.failed : Math.max(1, counts.failed) };
}

const filters = process.argv.slice(2);
const browser = filters.filter((filter) => filter.includes('e2e'));
const unit = filters.filter((filter) => !filter.includes('e2e'));
const all = filters.length === 0;
const counts = [
  all ? await check() : NONE,
  all || unit.length > 0 ? await runUnitTests(unit) : NONE,
  all || browser.length > 0 ? await runBrowserTests(browser) : NONE,
];
const passed = counts.reduce((sum, part) => sum + part.passed, 0);
const failed = counts.reduce((sum, part) => sum + part.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
