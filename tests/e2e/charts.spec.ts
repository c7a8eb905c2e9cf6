import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, goTo, test } from './fixtures.ts';

async function save(page: Page, kind: 'PNG' | 'SVG'): Promise<Buffer> {
  await page.getByRole('button', { name: 'Save the chart "Accuracy by task"' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: `Save as ${kind}` }).click();
  return readFile(await (await download).path());
}

test('a chart leaves as a picture with its title, legend and colours', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'compare', seeded.runs[0], 'tasks');
  await expect(page.getByRole('img', { name: /Capitals/ })).toBeVisible();
  const svg = (await save(page, 'SVG')).toString();
  for (const text of ['Accuracy by task', 'Capitals', '+ IDP bank']) expect(svg).toContain(text);
  // Nothing is left for a style sheet to say.
  expect(svg).not.toContain('var(');
  expect(svg).not.toContain('class=');
  const png = await save(page, 'PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
});

test('the arrow keys go from input to input, and Enter looks into one', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'compare', seeded.runs[0], 'inputs');
  const rows = page.getByRole('rowheader').getByRole('button');
  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toContainText('Input 2 of 8');
  await expect(page.getByRole('dialog')).toContainText('log-likelihood');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});
