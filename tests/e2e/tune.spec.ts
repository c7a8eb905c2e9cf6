import type { Page } from '@playwright/test';
import type { Recipe } from '../../src/shared/recipe.ts';
import { smallRecipe } from '../support/small-model.ts';
import { expect, expectAccessible, goTo, test } from './fixtures.ts';

/** The tune step with this recipe, its expert settings unfolded. */
async function openTuneStep(page: Page, recipe: Recipe): Promise<void> {
  const draft = JSON.stringify({ recipe, limits: null, name: '' });
  await page.evaluate((text) => sessionStorage.setItem('kintsugi-draft', text), draft);
  await page.reload();
  await goTo(page, 'new', 'tune');
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await expect(page.getByRole('heading', { name: 'Further arms' })).toBeVisible();
}

const draftOf = (page: Page): Promise<Recipe> =>
  page.evaluate(() => JSON.parse(sessionStorage.getItem('kintsugi-draft')!).recipe);

const choose = async (page: Page, label: string, option: string) => {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};
const set = async (page: Page, label: string, value: string) => {
  const field = page.getByRole('textbox', { name: label, exact: true });
  await field.fill(value);
  await field.blur();
};
const switchOn = (page: Page, name: string) => page.getByRole('switch', { name }).click();

test('every way of tuning and choosing is set in the tune step, and runs', async ({
  workbench: page,
  seeded,
}) => {
  const recipe = smallRecipe(seeded.model);
  await openTuneStep(page, { ...recipe, selectors: [] });
  await expectAccessible(page);

  await page.getByRole('radio', { name: /^A prompt for each kind of input/ }).check();
  await set(page, 'Prompts in the bank', '2');
  await choose(page, 'Selector', 'Nearest learned key');
  await page.getByRole('checkbox', { name: 'Calibrated IDP' }).check();
  await page.getByRole('checkbox', { name: 'By lot' }).check();
  await choose(page, 'Prompts begin as', 'A text of my own');
  await set(page, 'First words', 'The answer is');
  await switchOn(page, 'All prompts in one pass');
  await set(page, 'LoRA dropout', '0.1');
  await choose(page, 'LoRA targets', 'Every linear layer');
  await switchOn(page, 'Rank-stabilised (rsLoRA)');
  await page.getByRole('checkbox', { name: '4', exact: true }).check();
  await switchOn(page, 'Prefix tuning');
  await set(page, 'Prefix tokens', '3');
  await switchOn(page, 'Bank and LoRA as one');
  expect(await draftOf(page)).toMatchObject({
    selector: { kind: 'key', keys: 'learned' },
    selectors: [{ kind: 'idp-calibrated', layer: 0 }, { kind: 'random' }],
    tuning: {
      init: 'text:The answer is',
      bank: { by: 'clusters', count: 2, warmStart: 0, joint: true, routing: 0 },
      lora: { rank: 2, alpha: 4, dropout: 0.1, targets: ['all-linear'], rankStabilized: true },
      furtherLoras: [{ rank: 4, alpha: 8, dropout: 0.1 }],
      prefix: { tokens: 3, steps: 4 },
      together: { steps: 4 },
    },
  });

  await goTo(page, 'new', 'start');
  await page.getByRole('textbox', { name: 'Name' }).fill('Every arm');
  await page.getByRole('button', { name: 'Start the repair' }).click();
  await expect(page.getByRole('heading', { name: 'Every arm', level: 1 })).toBeVisible();
  const ended = page.locator('.badge', { hasText: /Done|Failed/ });
  await expect(ended).toHaveText('Done', { timeout: 120_000 });
  const id = (await page.evaluate(() => window.location.hash)).split('/').at(-1)!;
  const { outcome } = await seeded.client.call('runs.show', { id });
  expect(outcome?.results.arms.map(({ arm }) => arm.id)).toEqual(
    expect.arrayContaining(['idp', 'prompt', 'prefix', 'lora', 'lora-4', 'bank-lora']),
  );
});

test('the number of kinds is found, on plain text too', async ({ workbench: page, seeded }) => {
  await openTuneStep(page, smallRecipe(seeded.model));
  await choose(page, 'Tuned on', 'The starter’s plain text');
  await expect(page.getByRole('radio', { name: /^A prompt for each kind/ })).toBeChecked();
  await switchOn(page, 'As many prompts as there are kinds');
  await expect(page.getByRole('textbox', { name: 'Prompts in the bank' })).toHaveCount(0);
  expect(await draftOf(page)).toMatchObject({
    tuning: { data: { source: 'starter' }, bank: { by: 'clusters', count: 'auto' } },
  });
  await goTo(page, 'new', 'start');
  await expect(page.getByRole('button', { name: 'Start the repair' })).toBeEnabled();
});

test('combinations that no run can work are told before the start, with the way out', async ({
  workbench: page,
  seeded,
}) => {
  await openTuneStep(page, smallRecipe(seeded.model));
  await switchOn(page, 'All prompts in one pass');
  await page.getByRole('radio', { name: /^Prompts of several starts/ }).check();
  const refused = page.getByRole('alert');
  await expect(refused).toContainText('cannot be tuned in one pass');
  await page.getByRole('button', { name: 'Use the nearest settings that fit' }).click();
  await expect(refused).toHaveCount(0);
  await expect(page.getByRole('switch', { name: 'All prompts in one pass' })).not.toBeChecked();

  await choose(page, 'Selector', 'Soft mixture');
  await page.getByRole('radio', { name: /^Prompts of several lengths/ }).check();
  await expect(refused).toContainText('cannot be mixed');
  await page.getByRole('button', { name: 'Use the nearest settings that fit' }).click();
  await expect(refused).toHaveCount(0);
  expect(await draftOf(page)).toMatchObject({ selector: { kind: 'idp' } });
});
