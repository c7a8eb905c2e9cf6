import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, goTo, test } from './fixtures.ts';

const table = (page: Page) => page.getByRole('table');

async function openFirstBank(page: Page): Promise<void> {
  await goTo(page, 'banks');
  await table(page).getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'Use it elsewhere' })).toBeVisible();
}

async function downloadBank(page: Page): Promise<string> {
  await openFirstBank(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as One file' }).click(),
  ]);
  return download.path();
}

async function importFile(page: Page, path: string): Promise<void> {
  await goTo(page, 'banks');
  await page.getByRole('button', { name: 'Import a bank' }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose a file' }).click(),
  ]);
  await chooser.setFiles(path);
}

test('a bank goes out as one file and comes back in', async ({ workbench: page, seeded }) => {
  const file = await downloadBank(page);
  const copy = join(seeded.home, 'given.bank.safetensors');
  await writeFile(copy, await readFile(file));
  await importFile(page, copy);
  await expect(page.getByText(/^Sound: 2 prompts/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('From a friend');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'From a friend', level: 1 })).toBeVisible();
  await expect(page.getByText(/^Imported ·/)).toBeVisible();
});

test('a damaged bank is refused in plain words, and nothing is imported', async ({
  workbench: page,
  seeded,
}) => {
  const bytes = await readFile(await downloadBank(page));
  bytes[bytes.length - 2]! ^= 1;
  const damaged = join(seeded.home, 'damaged.bank.safetensors');
  await writeFile(damaged, bytes);
  const before = await seeded.client.call('banks.list', {});
  await importFile(page, damaged);
  await expect(page.getByRole('alert')).toContainText('has changed since the bank was made');
  await expect(page.getByRole('alert')).toContainText('BANK_INVALID');
  await expect(page.getByText('Nothing was imported.')).toBeVisible();
  await page.getByRole('button', { name: 'Choose another' }).click();
  await page.getByLabel('Or a folder or file').fill(join(seeded.home, 'nowhere'));
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByRole('alert')).toContainText('There is no file or folder');
  expect(await seeded.client.call('banks.list', {})).toHaveLength(before.length);
});

test('PEFT folders are written where the page says', async ({ workbench: page }) => {
  await openFirstBank(page);
  await page.getByRole('button', { name: 'Export as PEFT folders' }).click();
  const said = page.getByRole('status').filter({ hasText: 'Exported' });
  const folder = await said.locator('code').innerText();
  const manifest = JSON.parse(await readFile(join(folder, 'bank.json'), 'utf8'));
  expect(manifest).toMatchObject({ format: 'kintsugi-bank', prompts: [{}, {}] });
});

test('a deleted bank comes back by the undo button, and from the bin', async ({
  workbench: page,
}) => {
  await goTo(page, 'banks');
  const link = table(page).getByRole('link').first();
  const name = await link.innerText();
  const rows = table(page).getByRole('row');
  const count = await rows.count();
  const remove = page.getByRole('button', { name: `Delete ${name}` }).first();
  await remove.click();
  await expect(rows).toHaveCount(count - 1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rows).toHaveCount(count);
  await remove.click();
  await expect(rows).toHaveCount(count - 1);
  await page.getByText('Bin', { exact: true }).click();
  await page.getByRole('button', { name: `Restore ${name}` }).click();
  await expect(page.getByText('The bin is empty')).toBeVisible();
  await page.getByText('Library', { exact: true }).click();
  await expect(rows).toHaveCount(count);
});

test('name, tags and notes are kept', async ({ workbench: page }) => {
  await openFirstBank(page);
  await page.getByRole('textbox', { name: 'Name' }).fill('Places and people');
  await page.getByRole('combobox', { name: 'Tags' }).fill('keeper');
  await page.getByRole('combobox', { name: 'Tags' }).press('Enter');
  await page.getByRole('textbox', { name: 'Notes' }).fill('The one for Tuesday');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Places and people', level: 1 })).toBeVisible();
  await goTo(page, 'banks');
  await page.getByRole('textbox', { name: 'Search banks' }).fill('keeper tuesday');
  await expect(table(page).getByRole('link')).toHaveText(['Places and people']);
});

test('prompts get other names in a bank beside', async ({ workbench: page, seeded }) => {
  await openFirstBank(page);
  await page.getByRole('button', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rename prompts' });
  const rename = dialog.getByRole('button', { name: 'Rename', exact: true });
  await expect(rename).toBeDisabled();
  const first = dialog.getByRole('textbox').first();
  await first.fill('a/b');
  await expect(dialog.getByText('A name cannot hold')).toBeVisible();
  await expect(rename).toBeDisabled();
  await first.fill('Cities');
  await page.screenshot({ path: 'test-results/screenshots/bank-rename.png' });
  await dialog.getByRole('textbox', { name: 'Name of the new bank' }).fill('Named');
  await rename.click();
  await expect(page.getByRole('heading', { name: 'Named', level: 1 })).toBeVisible();
  await expect(page.getByText(/^Prompts renamed ·/)).toBeVisible();
  await expect(table(page).getByRole('cell', { name: 'Cities', exact: true })).toBeVisible();
  const made = await seeded.client.call('banks.list', {});
  await seeded.client.call('banks.delete', { id: made.find(({ name }) => name === 'Named')!.id });
});

test('a quantised bank is made, measured on a run, and answers beside its arms', async ({
  workbench: page,
  seeded,
}) => {
  await openFirstBank(page);
  await page.getByRole('button', { name: 'Make smaller…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make this bank smaller' });
  await dialog.getByRole('radio', { name: /^4 bits/ }).check();
  await dialog.getByRole('button', { name: 'Measure the cost' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Half a byte');
  await dialog.getByRole('button', { name: 'Keep as a new bank' }).click();
  await expect(page.getByText(/^Quantised · .*, 4 bits/)).toBeVisible();
  await page
    .getByRole('button', { name: /^Compare on/ })
    .first()
    .click();
  await page.getByRole('link', { name: 'See it beside the run’s arms' }).click({ timeout: 60_000 });
  const card = page.getByRole('listitem').filter({ hasText: 'Half a byte' });
  await expect(card.getByText(/mean accuracy|recovered|nothing was lost/)).toBeVisible();
  await page.getByRole('tab', { name: 'Inputs', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: 'Half a byte' })).toBeVisible();
  const { hash } = new URL(page.url());
  const [runId] = hash.split('/').slice(2);
  await goTo(page, 'playground', runId!);
  await expect(page.getByText('Half a byte', { exact: true })).toBeVisible();
  await goTo(page, 'compare', runId!);
  await card.getByRole('button', { name: /^Remove/ }).click();
  await expect(card).toHaveCount(0);
  const made = (await seeded.client.call('banks.list', {})).find(
    ({ name }) => name === 'Half a byte',
  );
  await seeded.client.call('banks.delete', { id: made!.id });
});

test('a bank is pruned once its cost is known, and some of its prompts are split off', async ({
  workbench: page,
  seeded,
}) => {
  const before = await seeded.client.call('banks.list', {});
  await openFirstBank(page);
  await page.getByRole('button', { name: 'Make smaller…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make this bank smaller' });
  await dialog.getByText('Fewer tokens').click();
  await dialog.getByLabel('Tokens that every prompt keeps').fill('1');
  await dialog.getByRole('button', { name: 'Measure the cost' }).click();
  await expect(dialog.getByText(/On 8 questions of .* it answers/)).toBeVisible({
    timeout: 60_000,
  });
  await expect(dialog.getByRole('cell', { name: '4 → 1' })).toHaveCount(2);
  await page.screenshot({ path: 'test-results/screenshots/bank-pruned.png', fullPage: true });
  await expectAccessible(page);
  expect(await seeded.client.call('banks.list', {})).toHaveLength(before.length);
  await dialog.getByRole('button', { name: 'Try something else' }).click();
  await dialog.getByRole('button', { name: 'Measure the cost' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Short words');
  await dialog.getByRole('button', { name: 'Keep as a new bank' }).click();
  await expect(page.getByRole('heading', { name: 'Short words', level: 1 })).toBeVisible();
  await expect(page.getByText(/^Pruned · 2 prompts, 2 virtual tokens/)).toBeVisible();

  await page.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Split off…' }).click();
  const split = page.getByRole('dialog', { name: 'Split off prompts' });
  await split.getByRole('textbox', { name: 'Name' }).fill('Only one');
  await split.getByRole('button', { name: 'Split off' }).click();
  await expect(page.getByRole('heading', { name: 'Only one', level: 1 })).toBeVisible();
  await expect(page.getByText(/^Split off · 1 prompt, 1 virtual token/)).toBeVisible();
  for (const { id, origin } of await seeded.client.call('banks.list', {}))
    if (origin === 'pruned' || origin === 'split') await seeded.client.call('banks.delete', { id });
});

test('two banks of one model become one', async ({ workbench: page, seeded }) => {
  const [bank] = await seeded.client.call('banks.list', {});
  const { path } = await seeded.client.call('banks.export', { id: bank!.id, format: 'peft' });
  await seeded.client.call('banks.import', { source: { path }, name: 'The same again' });
  await goTo(page, 'banks');
  await page.getByRole('checkbox', { name: 'Choose The same again' }).first().check();
  await page
    .getByRole('checkbox', { name: `Choose ${bank!.name}` })
    .first()
    .check();
  await page.getByRole('button', { name: 'Merge 2' }).click();
  const dialog = page.getByRole('dialog', { name: 'Merge banks' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Both');
  await dialog.getByRole('button', { name: 'Merge' }).click();
  await expect(page.getByRole('heading', { name: 'Both', level: 1 })).toBeVisible();
  await expect(page.getByText(/^Merged · 4 prompts/)).toBeVisible();
});
