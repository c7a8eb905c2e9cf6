import { readFile } from 'node:fs/promises';
import { smallRecipe } from '../support/small-model.ts';
import { expect, expectAccessible, goTo, RUN_NAMES, test } from './fixtures.ts';

const file = (content: unknown) => ({
  name: 'sweep.json',
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(content)),
});

test('a run is varied in its selector and questions by the form alone; a deleted sweep comes back', async ({
  workbench: page,
  seeded,
}) => {
  test.setTimeout(180_000);
  await goTo(page, 'sweeps', 'like', seeded.runs[1]);
  await expect(page.getByRole('heading', { name: /^1 run,/ })).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`${RUN_NAMES[1]}, varied`);
  await page.getByRole('button', { name: 'Selectors, questions and seeds' }).click();
  for (const choice of ['IDP', 'Nearest centroid']) {
    await page.getByRole('button', { name: 'Add selector' }).click();
    await page.getByRole('combobox', { name: 'Selector' }).last().click();
    await page.getByRole('option', { name: choice, exact: true }).click();
  }
  await page.getByRole('button', { name: 'Add set of questions' }).click();
  await page.getByLabel('Questions per task').fill('2');
  const seeds = page.getByRole('combobox', { name: 'First seeds' });
  for (const seed of ['3', 'x', '4']) {
    await seeds.fill(seed);
    await seeds.press('Enter');
  }
  await expect(page.getByRole('heading', { name: /^4 runs/ })).toBeVisible();
  const runs = page.getByRole('region', { name: 'Runs' }).getByRole('listitem');
  await expect(runs).toHaveText([
    'IDP, block 0 · seed 3',
    'IDP, block 0 · seed 4',
    'nearest centroid · seed 3',
    'nearest centroid · seed 4',
  ]);
  await page.screenshot({ path: 'test-results/screenshots/sweep-form.png', fullPage: true });
  await expectAccessible(page);

  // The form outlives the page, and what it saves opens again.
  await page.reload();
  await expect(runs).toHaveCount(4);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save recipe' }).click(),
  ]);
  await goTo(page, 'sweeps');
  await page.getByLabel('Recipe file').setInputFiles(await download.path());
  await expect(runs).toHaveCount(4);

  const sweep = JSON.parse(await readFile(await download.path(), 'utf8'));
  sweep.vary.seed = [3];
  sweep.vary.selector.pop();
  const { id, name } = await seeded.client.call('sweeps.start', { sweep });
  await goTo(page, 'sweeps', id);
  await page.getByRole('button', { name: 'Delete' }).click();
  const link = page.getByRole('table').getByRole('link', { name, exact: true });
  await expect(page.getByRole('heading', { name: 'Sweeps', level: 1 })).toBeVisible();
  await expect(link).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await link.click();
  await expect(page.getByText('1 of 1 run done')).toBeVisible({ timeout: 60_000 });

  // A sweep of long runs is paused as a whole, and goes on.
  sweep.vary.seed = [5, 6];
  sweep.vary.tuning = [{ steps: 5000, lora: { steps: 5 } }];
  const long = await seeded.client.call('sweeps.start', { sweep });
  await goTo(page, 'sweeps', long.id);
  await page.getByRole('button', { name: 'Pause' }).click();
  const matrix = page.getByRole('region', { name: 'Matrix' });
  await expect(matrix.getByRole('cell', { name: 'Paused' })).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(matrix.getByRole('cell', { name: 'Running' })).toHaveCount(1);
  const { matrix: left } = await seeded.client.call('sweeps.show', { id: long.id });
  for (const { runId } of left.rows.toReversed())
    await seeded.client.call('runs.cancel', { id: runId! });
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
  // What the wizard knows of tuning stands here too; what differs from the base is told.
  await page.getByRole('button', { name: 'Bank, LoRA and more' }).last().click();
  const second = page.getByRole('group', { name: 'Tuning 2' });
  await second.getByLabel('LoRA rank').fill('3');
  await expect(second.getByText('Also: LoRA rank 3')).toBeVisible();
  await second.getByRole('switch', { name: 'Prefix tuning' }).check();
  await expect(second.getByText(/^Also: LoRA rank 3, prefix tokens/)).toBeVisible();
  await second.getByRole('switch', { name: 'Prefix tuning' }).uncheck();
  await expect(second.getByText('Also: LoRA rank 3', { exact: true })).toBeVisible();
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
