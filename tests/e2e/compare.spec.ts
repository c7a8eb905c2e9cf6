import type { Page } from '@playwright/test';
import { expect, goTo, RUN_NAMES, test } from './fixtures.ts';

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
  await expect(panel.getByText('compression.method')).toBeVisible();
  await tab(page, 'Inputs');
  await expect(page.getByRole('status').filter({ hasText: '8 inputs' })).toBeVisible();
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
