import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { withMethod } from '../../src/shared/compression-change.ts';
import type { Recipe } from '../../src/shared/recipe.ts';
import { smallRecipe, writeSmallModel } from '../support/small-model.ts';
import { openWindow } from './electron-window.ts';
import { type HostProcess, startHost, temporaryHome } from './host.ts';

export { expect } from '@playwright/test';

/** A host with two finished runs of a small model, for tests that only look or undo what they do. */
export interface Seeded extends HostProcess {
  /** Folder of the small model. */
  readonly model: string;
  readonly runs: readonly [string, string];
}

export const RUN_NAMES = ['First repair', 'Second repair'] as const;

/** Of the first run; the second goes without. */
const ANALYSIS: Recipe['analysis'] = {
  displaced: true,
  similarity: { inputs: 2 },
  restore: { itemsPerTask: 1 },
};

/** What shows the workbench; the same tests run in both. */
export interface ShownBy {
  readonly shownBy: 'browser' | 'electron';
}

interface Fixtures extends ShownBy {
  /** A page of the seeded host, on its home; faults in its console fail the test. */
  readonly workbench: Page;
}

export const test = base.extend<Fixtures, { readonly seeded: Seeded }>({
  seeded: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern
    async ({}, use) => {
      const { home, remove } = temporaryHome();
      const host = await startHost(home);
      try {
        const model = await writeSmallModel(join(home, 'models', 'small'));
        const recipe = smallRecipe(model);
        const analysed: Recipe = { ...recipe, analysis: ANALYSIS };
        const compression = withMethod(recipe.compression, 'rtn');
        const other: Recipe = { ...recipe, compression };
        const first = await finishedRun(host, analysed, RUN_NAMES[0]);
        const second = await finishedRun(host, other, RUN_NAMES[1]);
        await use({ ...host, model, runs: [first, second] });
      } finally {
        await host.stop();
        remove();
      }
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  shownBy: ['browser', { option: true }],
  workbench: async ({ page, seeded, shownBy, colorScheme, viewport }, use) => {
    const opened =
      shownBy === 'electron'
        ? await openWindow(seeded.home, { colorScheme, viewport })
        : { window: page, close: async () => undefined };
    const faults = watchFaults(opened.window);
    if (shownBy === 'browser') await page.goto(seeded.url);
    await expect(opened.window.getByRole('navigation', { name: 'Pages' })).toBeVisible();
    await use(opened.window);
    await opened.close();
    expect(faults).toEqual([]);
  },
});

/** What a page's console and scripts complain of, refusals by the content policy included. */
export function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return faults;
}

async function finishedRun({ client }: HostProcess, recipe: Recipe, name: string): Promise<string> {
  const { id } = await client.call('runs.start', { recipe, name });
  await expect(async () => {
    const { status, error } = await client.call('runs.show', { id });
    expect({ status, error }).toEqual({ status: 'done', error: null });
  }).toPass({ timeout: 180_000, intervals: [500] });
  return id;
}

/** Goes to a place of the workbench, as a link in it would. */
export async function goTo(page: Page, ...parts: readonly string[]): Promise<void> {
  const hash = `#/${parts.map(encodeURIComponent).join('/')}`;
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
}

/** No violation of WCAG 2 A and AA, nor of axe's best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // axe looks into frames from a page of its own, which a window cannot open.
  const inWindow = page.context().browser() === null;
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(inWindow).analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    at: nodes.slice(0, 3).map(({ target }) => target.join(' ')),
  }));
  expect(found).toEqual([]);
}
