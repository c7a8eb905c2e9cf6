import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, goTo, RUN_NAMES, test } from './fixtures.ts';

const [FIRST] = RUN_NAMES;

async function choose(page: Page, item: string): Promise<void> {
  await page
    .getByRole('button', { name: `Actions for ${FIRST}` })
    .first()
    .click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function saved(page: Page, item: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), choose(page, item)]);
  return readFile(await download.path(), 'utf8');
}

test('a run leaves as CSV, JSON and a report', async ({ workbench: page, seeded }) => {
  await goTo(page, 'runs', seeded.runs[0]);
  const csv = await saved(page, 'Export CSV');
  expect(csv.split('\n').filter((line) => line.includes(seeded.runs[0]))).toHaveLength(5);
  const [run] = JSON.parse(await saved(page, 'Export JSON'));
  expect(run).toMatchObject({ id: seeded.runs[0], name: FIRST, status: 'done' });
  const report = await saved(page, 'Save report');
  expect(report).toContain(run.outcome.results.verdict);
});

test('a deleted run comes back by the undo button', async ({ workbench: page, seeded }) => {
  await goTo(page, 'runs', seeded.runs[0]);
  await choose(page, 'Delete');
  await expect(page).toHaveURL(/#\/runs$/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('table').getByRole('link', { name: FIRST })).toBeVisible();
});
