import type { Page } from '@playwright/test';
import { smallRecipe } from '../support/small-model.ts';
import { expect, goTo, type Seeded, test } from './fixtures.ts';
import { startHost, temporaryHome } from './host.ts';

/** Long enough to be stopped in the midst of tuning, and at its end within the test. */
const STEPS = 300;
const ENDLESS = 1_000_000;

const main = (page: Page) => page.getByRole('main');
const status = (page: Page, word: string) => main(page).locator('.badge', { hasText: word });
const button = (page: Page, name: string) => main(page).getByRole('button', { name, exact: true });

/** Starts a run and waits on its page until it tunes. */
async function watchLongRun(
  page: Page,
  { client, model }: Seeded,
  name: string,
  steps = STEPS,
): Promise<string> {
  const { id } = await client.call('runs.start', { recipe: smallRecipe(model, steps), name });
  await goTo(page, 'runs', id);
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await untilTuning({ client }, id);
  return id;
}

async function untilTuning({ client }: Pick<Seeded, 'client'>, id: string): Promise<void> {
  await expect(async () => {
    const { stages } = await client.call('runs.show', { id });
    const tuning = stages.find(({ name }) => name.startsWith('tune:bank'));
    expect(tuning?.progress).toBeGreaterThan(0);
  }).toPass({ timeout: 60_000, intervals: [50] });
}

test('a run pauses and goes on to its end', async ({ workbench: page, seeded }) => {
  const id = await watchLongRun(page, seeded, 'Paused half-way');
  await button(page, 'Pause').click();
  await expect(status(page, 'Paused')).toBeVisible();
  const { stages } = await seeded.client.call('runs.show', { id });
  expect(stages.some(({ status }) => status === 'done')).toBe(true);
  expect(stages.at(-1)).toMatchObject({ status: 'pending' });
  await button(page, 'Resume').click();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 90_000 });
});

test('a reload in the midst of a run shows it as it goes on', async ({
  workbench: page,
  seeded,
}) => {
  await watchLongRun(page, seeded, 'Reloaded');
  const loss = main(page).getByRole('img', { name: /^Loss while tuning: / });
  await expect(loss).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Reloaded', level: 1 })).toBeVisible();
  await expect(main(page).getByRole('progressbar', { name: 'The whole run' })).toBeVisible();
  await expect(loss).toBeVisible();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 90_000 });
});

test('a killed compute process interrupts the run, and one click resumes it', async ({
  workbench: page,
  seeded,
}) => {
  await watchLongRun(page, seeded, 'Killed half-way');
  for (const pid of seeded.children()) process.kill(pid, 'SIGKILL');
  await expect(status(page, 'Interrupted')).toBeVisible();
  await main(page)
    .getByRole('button', { name: /^Resume/ })
    .first()
    .click();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 90_000 });
});

test('stopped while it tunes, a run compares the best so far and says so', async ({
  workbench: page,
  seeded,
}) => {
  await watchLongRun(page, seeded, 'Stopped half-way', ENDLESS);
  const samples = main(page).getByRole('region', { name: 'What it answers' });
  await expect(samples.getByRole('columnheader', { name: 'Original' })).toBeVisible();
  await expect(samples.getByRole('columnheader', { name: 'Before' })).toBeVisible();
  await button(page, 'Stop and keep').click();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 60_000 });
  await expect(main(page).getByText(/^Tuning was stopped early\./)).toBeVisible();
  await expect(
    main(page)
      .getByText(/stopped early at step \d+ of/)
      .first(),
  ).toBeVisible();
  await expect(main(page).getByText('+ IDP bank (stopped early)').first()).toBeVisible();
  await page.reload();
  await expect(samples.getByRole('columnheader', { name: 'Kept' })).toBeVisible();
});

test('a cancelled run ends, and the next one in the queue starts', async ({
  workbench: page,
  seeded,
}) => {
  await watchLongRun(page, seeded, 'Cancelled');
  const recipe = smallRecipe(seeded.model);
  const next = await seeded.client.call('runs.start', { recipe, name: 'Next in the queue' });
  await button(page, 'Cancel').click();
  await expect(status(page, 'Cancelled')).toBeVisible();
  await goTo(page, 'runs', next.id);
  await expect(page.getByRole('heading', { name: 'Next in the queue', level: 1 })).toBeVisible();
  await expect(status(page, 'Done')).toBeVisible({ timeout: 60_000 });
});

test('a host that starts again finds its unfinished run', async ({ page, seeded }) => {
  const { home, remove } = temporaryHome();
  let host = await startHost(home);
  try {
    const recipe = smallRecipe(seeded.model, STEPS);
    const { id } = await host.client.call('runs.start', { recipe, name: 'Across a restart' });
    await untilTuning(host, id);
    await host.stop();
    host = await startHost(home);
    await page.goto(host.url);
    await goTo(page, 'runs', id);
    const resume = main(page)
      .getByRole('button', { name: /^Resume/ })
      .first();
    await resume.click();
    await expect(status(page, 'Done')).toBeVisible({ timeout: 90_000 });
  } finally {
    await host.stop();
    remove();
  }
});
