import type { Page } from '@playwright/test';
import { LARGE_RUN, writeLargeRun } from '../support/large-run.ts';
import { expect, goTo, RUN_NAMES, test, watchFaults } from './fixtures.ts';
import { startHost, temporaryHome } from './host.ts';

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

test('two runs are compared: summary, tasks, settings that differ, inputs', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'compare', seeded.runs.join(','));
  const panel = page.getByRole('tabpanel');
  for (const name of RUN_NAMES) await expect(panel.getByText(name).first()).toBeVisible();
  await tab(page, 'By task');
  await expect(panel.getByRole('img').first()).toBeVisible();
  await tab(page, 'Settings');
  await expect(panel.getByText('compression method')).toBeVisible();
  await tab(page, 'Inputs');
  await expect(page.getByRole('status').filter({ hasText: '8 inputs' })).toBeVisible();
  await expect(page.locator('.input-task').first()).toHaveText('Animals');
  await page.getByRole('combobox', { name: 'Task' }).click();
  await page.getByRole('option', { name: 'Capitals' }).click();
  await expect(page.getByRole('status').filter({ hasText: '4 inputs' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Search' }).fill('no input holds these words');
  await expect(page.getByRole('status').filter({ hasText: '0 inputs' })).toBeVisible();
});

test('a stored answer is computed again and found the same', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'compare', seeded.runs[0], 'inputs');
  await page.getByRole('tabpanel').getByRole('rowheader').getByRole('button').first().click();
  const verify = page.getByRole('button', { name: 'Verify' });
  await verify.last().click();
  await expect(page.getByText('The same again')).toBeVisible();
});

test('inputs are filtered by what became of them, and each says what chose its prompt', async ({
  page,
}) => {
  const { home, remove } = temporaryHome();
  await writeLargeRun(home, 30);
  const host = await startHost(home);
  try {
    const faults = watchFaults(page);
    await page.goto(host.url);
    await goTo(page, 'compare', LARGE_RUN, 'inputs');
    const rows = page.locator('.input-row');
    const shown = (text: string) =>
      expect(page.getByRole('status').filter({ hasText: /inputs?$/ })).toHaveText(text);
    const filter = (label: string) => page.getByText(label, { exact: true }).click();
    await shown('30 inputs');
    await filter('Broken by compression (10)');
    await shown('10 inputs');
    // Original, compressed, bank, LoRA.
    const answers = rows.first().locator('.right, .wrong');
    await expect(answers).toHaveText(['right', 'wrong', 'right', 'right']);
    await filter('Repaired (10)');
    await expect(answers).toHaveText(['right', 'wrong', 'right', 'right']);
    await filter('Arms differ (30)');
    await shown('30 inputs');
    await page.getByRole('combobox', { name: 'Chosen prompt' }).click();
    await page.getByRole('option', { name: 'prompt 1' }).click();
    await shown('10 inputs');
    await filter('Still broken (0)');
    await expect(page.getByText('No input passes these filters.')).toBeVisible();
    await filter('All (10)');
    await rows.first().getByRole('button').click();
    const shares = page.getByRole('list', { name: 'Attention share of every prompt' });
    await expect(shares.locator('.share-value')).toHaveText(['50.0%', '30.0%', '20.0%']);
    expect(faults).toEqual([]);
  } finally {
    await host.stop();
    remove();
  }
});
