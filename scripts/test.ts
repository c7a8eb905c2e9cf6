// `npm test`: the checks, then every test; `npm test -- <file or pattern>` runs those tests alone.
// The last line is "N passed, N failed", where each check counts as one.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './check.ts';
import { binaryOf, ROOT, runNode } from './tools.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const REPORT = join(ROOT, '.cache', 'vitest.json');

async function runTests(filters: readonly string[]): Promise<Counts> {
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const { status } = await runNode([binaryOf('vitest'), 'run', ...reporters, ...filters], 'show');
  const counts = existsSync(REPORT) ? countTests() : { passed: 0, failed: 0 };
  // A file that cannot be loaded, or a crashed worker, fails the run without a failed test.
  return { ...counts, failed: status === 0 ? counts.failed : Math.max(1, counts.failed) };
}

function countTests(): Counts {
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

const filters = process.argv.slice(2);
const checks = filters.length === 0 ? await check() : { passed: 0, failed: 0 };
const tests = await runTests(filters);
const failed = checks.failed + tests.failed;
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
