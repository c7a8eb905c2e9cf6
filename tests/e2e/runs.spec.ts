import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { expect, goTo, RUN_NAMES, test } from './fixtures.ts';

const [FIRST, SECOND] = RUN_NAMES;

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

test('runs are tagged, noted, searched, filtered, sorted, and made again', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'runs', seeded.runs[0]);
  const tags = page.getByRole('textbox', { name: 'Tags' }).or(page.getByLabel('Tags')).first();
  await tags.fill('kept');
  await tags.press('Enter');
  const notes = page.getByRole('region', { name: 'Notes' });
  await notes.getByRole('textbox', { name: 'Notes' }).fill('The one with the longest whiskers');
  await notes.getByRole('button', { name: 'Save notes' }).click();
  await expect(notes.getByRole('button', { name: 'Saved' })).toBeVisible();

  await goTo(page, 'runs');
  const names = page.getByRole('table').getByRole('rowheader').getByRole('link');
  const search = page.getByRole('textbox', { name: 'Search runs' });
  // Other tests leave runs of other names here.
  await search.fill('repair');
  await expect(names).toHaveText([SECOND, FIRST]);
  await search.fill('WHISKERS');
  await expect(names).toHaveText([FIRST]);
  await search.fill('repair rounding');
  await expect(names).toHaveText([SECOND]);
  await search.fill('repair');
  await page.getByRole('button', { name: 'kept', exact: true }).click();
  await expect(names).toHaveText([FIRST]);
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  await page.getByRole('button', { name: 'Show all runs' }).click();
  await search.fill('repair');
  await expect(names).toHaveText([SECOND, FIRST]);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(names).toHaveText([FIRST, SECOND]);
  await expect(page.getByRole('columnheader', { name: 'Run' })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );

  await choose(page, 'Duplicate as new…');
  await expect(page.getByRole('navigation', { name: 'Steps' })).toBeVisible();
  await goTo(page, 'new', 'start');
  await expect(page.getByRole('region', { name: 'Recipe' })).toContainText('GPTQ 4-bit');
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(new RegExp(FIRST));
});

test('a finished run says what was estimated beside what was seen', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'runs', seeded.runs[0]);
  for (const title of ['Memory', 'Disk']) {
    const usage = page.getByRole('region', { name: title, exact: true });
    for (const term of ['Largest seen', 'Estimated before']) {
      const value = usage
        .getByRole('term')
        .filter({ hasText: term })
        .locator('xpath=following::dd[1]');
      await expect(value).toHaveText(/^\d[\d.,]* [kMG]?B$/);
    }
  }
});

test('a run’s recipe is saved, opened in the wizard, edited, and saved again', async ({
  workbench: page,
  seeded: { runs },
}) => {
  const saved = async (button: Locator) => {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return download.path();
  };
  await goTo(page, 'runs', runs[1]);
  await page.getByRole('button', { name: `Actions for ${SECOND}` }).click();
  const path = await saved(page.getByRole('menuitem', { name: 'Save recipe' }));
  const recipe = JSON.parse(await readFile(path, 'utf8'));
  expect(recipe).toMatchObject({ version: 1, compression: { method: 'rtn' } });

  await goTo(page, 'new', 'care');
  const file = page.getByLabel('Recipe file');
  const wrong = Buffer.from(JSON.stringify({ ...recipe, seeds: 3 }));
  await file.setInputFiles({ name: 'wrong.json', mimeType: 'application/json', buffer: wrong });
  await expect(page.getByRole('alert')).toContainText('"seeds" is not a field of a recipe');
  await expect(page.getByRole('alert')).toContainText('wrong.json');
  await file.setInputFiles(path);
  await expect(page.getByRole('heading', { name: 'Ready to start?' })).toBeVisible();
  await page.getByRole('link', { name: 'Change compare' }).click();
  const questions = page.getByRole('textbox', { name: 'Questions per task', exact: true });
  await questions.fill('3');
  await questions.blur();
  await page.getByRole('button', { name: 'Continue' }).click();
  const again = await saved(page.getByRole('button', { name: 'Save recipe' }));
  expect(JSON.parse(await readFile(again, 'utf8'))).toEqual({
    ...recipe,
    evaluation: { ...recipe.evaluation, itemsPerTask: 3 },
  });
});
