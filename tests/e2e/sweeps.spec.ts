import { smallRecipe } from '../support/small-model.ts';
import { expect, expectAccessible, goTo, test } from './fixtures.ts';

const file = (content: unknown) => ({
  name: 'sweep.json',
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(content)),
});

test('a recipe is opened, edited, run as a sweep and compared as a matrix', async ({
  workbench: page,
  seeded,
}) => {
  test.setTimeout(120_000);
  const base = smallRecipe(seeded.model);
  const vary = { compression: [{ method: 'gptq', bits: 4 }] };
  await goTo(page, 'sweeps');

  const chosen = page.getByLabel('Recipe file');
  await chosen.setInputFiles(file({ version: 1, name: 'Small', base, vary, sweeps: 1 }));
  await expect(page.getByRole('alert')).toContainText('sweeps');
  await goTo(page, 'sweeps', 'new');
  await goTo(page, 'sweeps');
  await page
    .getByLabel('Recipe file')
    .setInputFiles(file({ version: 1, name: 'Small', base, vary }));

  await expect(page.getByRole('heading', { name: /^1 run,/ })).toBeVisible();
  await page.getByRole('button', { name: 'Add tuning' }).click();
  await page.getByLabel('Prompt tokens').fill('2');
  await page.getByRole('button', { name: 'Add tuning' }).click();
  await page.getByLabel('Prompt tokens').last().fill('4');
  await page.getByLabel('Name', { exact: true }).fill('Two lengths');
  await expect(page.getByRole('heading', { name: /^2 runs/ })).toBeVisible();
  await page.screenshot({ path: 'test-results/screenshots/sweep-edit.png', fullPage: true });
  await page.getByRole('button', { name: 'Start sweep' }).click();

  await expect(page.getByRole('heading', { name: 'Two lengths' })).toBeVisible();
  await expect(page.getByText('2 of 2 runs done')).toBeVisible({ timeout: 90_000 });
  const matrix = page.getByRole('region', { name: 'Matrix' });
  await expect(matrix.getByRole('row')).toHaveCount(3);
  await expect(matrix.getByRole('columnheader', { name: 'LoRA' })).toBeVisible();
  await page.screenshot({ path: 'test-results/screenshots/sweep-matrix.png', fullPage: true });
  await expectAccessible(page);
  await matrix.getByRole('link', { name: 'tokens 2' }).click();
  await expect(page.getByRole('heading', { name: /tokens 2/ })).toBeVisible();
});
