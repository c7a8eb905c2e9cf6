import { expect, goTo, RUN_NAMES, test } from './fixtures.ts';

test('four arms answer one input side by side', async ({ workbench: page, seeded }) => {
  await goTo(page, 'playground', seeded.runs[0]);
  await page.getByRole('textbox', { name: 'Input' }).fill('The capital of France is');
  await page.getByRole('button', { name: 'Generate' }).click();
  for (const label of ['original', 'compressed', '+ IDP bank', '+ LoRA']) {
    const pane = page.getByRole('region', { name: label, exact: true });
    await expect(pane.getByText(/\d+ tokens/)).toBeVisible({ timeout: 60_000 });
  }
  const chosen = page.getByRole('region', { name: '+ IDP bank' }).getByText(/^Prompt: \S+/);
  await expect(chosen).toBeVisible();
});

test('arms of two runs answer side by side', async ({ workbench: page, seeded }) => {
  await goTo(page, 'playground', seeded.runs.join(','));
  await page.getByRole('textbox', { name: 'Input' }).fill('The capital of Spain is');
  await page.getByRole('button', { name: 'Generate' }).click();
  for (const name of RUN_NAMES) {
    const pane = page.getByRole('region', { name: `${name}: + IDP bank` });
    await expect(pane.getByText(/\d+ tokens/)).toBeVisible({ timeout: 60_000 });
  }
});

test('a case is kept with what was said', async ({ workbench: page, seeded }) => {
  await goTo(page, 'playground', seeded.runs[0]);
  await page.getByRole('textbox', { name: 'Input' }).fill('Two and two is');
  await page.getByRole('button', { name: 'Generate' }).click();
  const save = page.getByRole('button', { name: 'Save as a case' });
  await expect(save).toBeEnabled({ timeout: 60_000 });
  await save.click();
  await page.getByRole('textbox', { name: 'Name of the case' }).fill('Sums');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Kept as')).toBeVisible();
  await expect(page.getByRole('main').getByText('Sums', { exact: true }).first()).toBeVisible();
});

test('answers are stopped as they come; what was said is copied', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'playground', seeded.runs[0]);
  const input = page.getByRole('textbox', { name: 'Input' });
  const tokens = page.getByRole('textbox', { name: 'Tokens' });
  await input.fill('Once upon a time');
  await tokens.fill('2048');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  const pane = page.getByRole('region', { name: '+ LoRA', exact: true });
  await expect(pane.getByText('stopped', { exact: true })).toBeVisible();

  await tokens.fill('8');
  await page.getByRole('button', { name: 'Generate' }).click();
  await expect(pane.getByText(/\d+ tokens/)).toBeVisible({ timeout: 60_000 });
  const said = await pane.locator('.pane-text').textContent();
  await pane.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByText('Text copied')).toBeVisible();
  // Pasted where it can be read.
  await input.fill('');
  await input.press('ControlOrMeta+V');
  await expect(input).toHaveValue(said!);
});
