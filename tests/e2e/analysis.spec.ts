import { expect, goTo, test } from './fixtures.ts';

test('a run tells whether what it lost was forgotten, and shows what that rests on', async ({
  workbench: page,
  seeded: { client, runs },
}) => {
  await goTo(page, 'runs', runs[0]);
  await page.getByRole('link', { name: 'Analysis' }).click();
  const { outcome } = await client.call('runs.show', { id: runs[0] });
  const { displaced, choices, similarity } = outcome!.results.analysis!;
  const main = page.getByRole('main');
  await expect(main.getByText(displaced!.words)).toBeVisible();

  const verdicts = main.getByRole('table', { name: 'Verdict by task and repair' });
  for (const name of ['All tasks', 'Animals', 'Capitals'])
    await expect(verdicts.getByRole('rowheader', { name, exact: true })).toBeVisible();
  const chosen = main.getByRole('table', { name: 'Inputs by task and chosen prompt' });
  await expect(chosen.getByRole('row')).toHaveCount(1 + choices.tasks.length);

  for (const title of ['Attention', 'Activations']) {
    const chart = main.getByRole('img', { name: `${title}: cosine with the original` });
    await expect(chart.locator('polyline')).toHaveCount(similarity!.length);
  }
});

test('a run without the analysis offers a copy of itself that has it', async ({
  workbench: page,
  seeded: { runs },
}) => {
  await goTo(page, 'compare', runs[1]);
  await page.getByRole('link', { name: 'Forgotten or displaced?' }).click();
  await page.getByRole('link', { name: 'Repeat it with the analysis' }).click();
  await expect(page.getByRole('heading', { name: 'Ready to start?' })).toBeVisible();
  const recipe = page.getByRole('region', { name: 'Recipe' });
  await expect(recipe.getByText('what was forgotten or displaced')).toBeVisible();

  await page.getByRole('link', { name: 'Change find out' }).click();
  const asked = page.getByRole('switch', { name: 'Find out whether it was forgotten' });
  await expect(asked).toBeChecked();
  await page.getByRole('button', { name: 'Expert settings' }).click();
  await page.getByRole('switch', { name: 'How alike they work inside' }).uncheck();
  await page.getByRole('textbox', { name: 'Questions per restored block' }).fill('5');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(
    recipe.getByText('what was forgotten or displaced, where the damage sits', { exact: true }),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Change find out' }).click();
  await asked.uncheck();
  await expect(asked).not.toBeChecked();
});
