import { expect, goTo, test } from './fixtures.ts';

test('diagnostics are copied, and shown without the paths of this machine', async ({
  workbench: page,
  seeded,
}) => {
  await goTo(page, 'settings');
  await page.getByRole('button', { name: 'Copy diagnostics' }).click();
  await expect(page.getByText('Diagnostics copied')).toBeVisible();
  const text = await page.locator('.diagnostics').innerText();
  expect(text).toContain(process.version);
  expect(text).not.toContain(seeded.home);
});
