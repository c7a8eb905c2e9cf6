import type { Page } from '@playwright/test';
import { expect, goTo, test } from './fixtures.ts';

/** Presses Tab until what has the focus is called so, as a person without a mouse would. */
const tabTo = (page: Page, name: RegExp) => press(page, 'Tab', name);

async function press(page: Page, key: string, name: RegExp, most = 80): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press(key);
    if (name.test(await focused(page))) return;
  }
  throw new Error(`${name} cannot be reached with ${most} presses of ${key}`);
}

/** Names of what has the focus: its own, its label's, and its text. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement | null;
    const label = element?.labels?.[0]?.textContent ?? '';
    return `${element?.getAttribute('aria-label') ?? ''} ${label} ${element?.textContent ?? ''}`;
  });
}

test('the wizard is gone through without a mouse', async ({ workbench: page }) => {
  await page.keyboard.press('g');
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/#\/new/);
  // Keys that come before the models are listed would find other things.
  await expect(page.getByRole('radio', { name: /^small/ })).toBeVisible();
  await tabTo(page, /Starter model|small/);
  if (!/small/.test(await focused(page))) await press(page, 'ArrowDown', /small/, 5);
  await page.keyboard.press('Space');
  await expect(page.getByRole('radio', { name: /^small/ })).toBeChecked();
  const questions = [
    'How much care should the repair take?',
    'How small should it become?',
    'How should it be mended?',
    'What should it still know?',
    'Ready to start?',
  ];
  for (const name of questions) {
    await tabTo(page, /^\s*Continue\s*$/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name, level: 1 })).toBeFocused();
  }
  await tabTo(page, /Start (the repair|all the same)/);
});

test('the palette goes anywhere by name', async ({ workbench: page }) => {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Search and commands' })).toBeFocused();
  await page.keyboard.type('second rep');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Second repair', level: 1 })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('colours: dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

test('a bank is deleted and brought back without a mouse', async ({ workbench: page }) => {
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await expect(page.getByRole('button', { name: /^Delete / }).first()).toBeVisible();
  await tabTo(page, /^Delete /);
  await page.keyboard.press('Enter');
  await expect(page.getByText('is in the bin')).toBeVisible();
  await tabTo(page, /^\s*Undo/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('is back')).toBeVisible();
});

test('a dialog takes the focus, keeps it, and gives it back', async ({ workbench: page }) => {
  await goTo(page, 'banks');
  await tabTo(page, /Import a bank/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Import a bank' });
  await expect(dialog).toBeVisible();
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab');
    expect(await dialog.evaluate((box) => box.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Import a bank' })).toBeFocused();
});
