import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { smallRecipe, writeSmallModel } from '../support/small-model.ts';
import { expect, goTo, test, watchFaults } from './fixtures.ts';
import { startHost, temporaryHome } from './host.ts';

const STARTER = join(import.meta.dirname, '../../resources/starter/model.safetensors');

const set = async (page: Page, label: string, value: number) => {
  const field = page.getByRole('textbox', { name: label, exact: true });
  await field.fill(String(value));
  await field.blur();
};
const next = (page: Page) => page.getByRole('button', { name: 'Continue' }).click();
const question = (page: Page, name: string) =>
  expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();

/** From the wizard's second screen to the end of the run, with as little work as there can be. */
async function repair(page: Page, groupSizes: readonly string[]): Promise<void> {
  await next(page);
  await question(page, 'How much care should the repair take?');
  await page.getByRole('radio', { name: /^Quick/ }).check();
  await next(page);
  await question(page, 'How small should it become?');
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await page.getByRole('combobox', { name: 'Group size' }).click();
  await expect(page.getByRole('option')).toHaveText([...groupSizes]);
  await page.keyboard.press('Escape');
  await set(page, 'Calibration samples', 4);
  await set(page, 'Tokens per sample', 64);
  await next(page);
  await question(page, 'How should it be mended?');
  await set(page, 'Prompts in the bank', 2);
  await set(page, 'Steps', 3);
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await set(page, 'Batch', 2);
  await set(page, 'Warm-up steps', 1);
  await set(page, 'LoRA steps', 2);
  await next(page);
  await question(page, 'What should it still know?');
  await set(page, 'Questions per task', 2);
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await set(page, 'Text for perplexity', 0);
  await next(page);
  await question(page, 'Ready to start?');
  await page.getByRole('textbox', { name: 'Name' }).fill('My first repair');
  await page.getByRole('button', { name: 'Start the repair' }).click();
  await question(page, 'My first repair');
  const ended = page.locator('.badge', { hasText: /Done|Failed/ });
  await expect(ended).toBeVisible({ timeout: 180_000 });
  await expect(ended).toHaveText('Done', { timeout: 1000 });
}

async function exportBank(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByText('Prompt banks').click();
  await page.getByRole('table').getByRole('link').first().click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as One file' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.bank\.safetensors$/);
}

async function firstRun(
  page: Page,
  choose: (home: string) => Promise<readonly string[]>,
): Promise<void> {
  const { home, remove } = temporaryHome();
  const host = await startHost(home);
  try {
    const faults = watchFaults(page);
    await page.goto(host.url);
    await page.getByRole('navigation', { name: 'Pages' }).getByText('New repair').click();
    await question(page, 'Which model do you want to shrink?');
    await repair(page, await choose(home));
    await exportBank(page);
    expect(faults).toEqual([]);
  } finally {
    await host.stop();
    remove();
  }
}

test('the wizard leads from a folder of one’s own to an exported bank', async ({ page }) => {
  await firstRun(page, async (home) => {
    const folder = page.getByRole('textbox', { name: 'Folder' });
    await folder.fill(join(home, 'no-model-here'));
    await page.getByRole('button', { name: 'Check and use' }).click();
    await expect(page.getByRole('alert')).toContainText('CHECKPOINT');
    await folder.fill(await writeSmallModel(join(home, 'models', 'small')));
    await page.getByRole('button', { name: 'Check and use' }).click();
    await expect(page.getByText('small is in order')).toBeVisible();
    return ['16', 'One per row'];
  });
});

test('data of one’s own is previewed, its faults told by line, and used', async ({
  workbench: page,
}) => {
  await goTo(page, 'new', 'compare');
  const own = page.getByRole('region', { name: 'Data of your own' });
  const choose = (name: string, text: string) =>
    own.getByLabel('Data file').setInputFiles({
      name,
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    });
  await choose('bad.csv', 'question,answer\nWho?,I\nWhat?\n,nothing\n');
  await expect(own.getByRole('alert')).toContainText('2 lines were not understood');
  await expect(own.getByRole('listitem')).toHaveText([/^Line 3: has 1 fields/, /^Line 4: needs/]);
  await choose('notes.txt', 'A text to calibrate with.');
  await expect(own.getByRole('cell', { name: 'A text to calibrate with.' })).toBeVisible();

  const lines = ['Who is she?', 'Who is he?'].map((question) =>
    JSON.stringify({ question, answer: 'Nobody' }),
  );
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'people.jsonl'));
    return data;
  }, lines.join('\n'));
  await own.getByText('Drop a file here').dispatchEvent('drop', { dataTransfer: dropped });
  await expect(own.getByText('people.jsonl')).toBeVisible();
  await expect(own.getByRole('cell', { name: 'Who is she?' })).toBeVisible();
  await own.getByRole('button', { name: 'Use it alone' }).click();
  await expect(own.getByText('in use')).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'people.jsonl' })).toBeChecked();
});

test('every method has its own settings, and the start says which was chosen', async ({
  workbench: page,
  seeded,
}) => {
  const draft = JSON.stringify({ recipe: smallRecipe(seeded.model), limits: null, name: '' });
  await page.evaluate((text) => sessionStorage.setItem('kintsugi-draft', text), draft);
  await page.reload();
  await goTo(page, 'new', 'compress');
  const methods = page.getByRole('group', { name: 'Method' });
  await expect(methods.getByRole('radio')).toHaveCount(5);
  await methods.getByRole('radio', { name: /^Rounding/ }).check();
  await expect(methods.getByRole('radio', { name: /^Rounding/ })).toBeChecked();
  await methods.getByRole('radio', { name: /^GPTQ/ }).check();
  await expect(methods.getByRole('radio', { name: /^GPTQ/ })).toBeChecked();
  await methods.getByRole('radio', { name: /^SparseGPT/ }).check();
  await expect(page.getByRole('group', { name: 'Bits for each weight' })).toHaveCount(0);
  await page.getByRole('radio', { name: /^2:4/ }).check();
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await expect(page.getByRole('textbox', { name: 'Damping' })).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Group size' })).toHaveCount(0);
  await page.getByRole('combobox', { name: 'Weights that stay' }).click();
  await page.getByRole('option', { name: '4 bits' }).click();
  await expect(page.getByRole('combobox', { name: 'Group size' })).toBeVisible();
  await expect(page.getByText('Important columns first')).toHaveCount(0);
  await goTo(page, 'new', 'start');
  await expect(page.getByRole('region', { name: 'Recipe' })).toContainText('SparseGPT 2:4, 4-bit');
});

test('settings that a model cannot take are told before the start, with the way out', async ({
  workbench: page,
  seeded,
}) => {
  const recipe = smallRecipe(seeded.model);
  const { compression, tuning } = recipe;
  const unfit = {
    ...recipe,
    compression: { ...compression, groupSize: 32 },
    // Of two tasks.
    tuning: { ...tuning, bank: { ...tuning.bank, count: 3 } },
  };
  const draft = JSON.stringify({ recipe: unfit, limits: null, name: '' });
  await page.evaluate((text) => sessionStorage.setItem('kintsugi-draft', text), draft);
  await page.reload();
  await goTo(page, 'new', 'start');
  await expect(page.getByRole('alert')).toContainText('Group size 32 does not divide');
  const start = page.getByRole('button', { name: 'Start the repair' });
  await expect(start).toBeDisabled();
  await page.getByRole('button', { name: 'Use the nearest settings that fit' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(start).toBeEnabled();
});

test('the wizard leads from the starter model to an exported bank', async ({ page }) => {
  test.skip(!existsSync(STARTER), 'the starter model has no weights in this checkout');
  test.setTimeout(300_000);
  await firstRun(page, async () => {
    await expect(page.getByRole('radio', { name: /^Starter model/ })).toBeChecked();
    return ['16', '32', '64', 'One per row'];
  });
});
