import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, goTo, type Seeded, test, watchFaults } from './fixtures.ts';
import { startHost, temporaryHome } from './host.ts';

/** Kept for people to look at. */
const SCREENSHOTS = join(import.meta.dirname, '../../test-results/screenshots');

const STEPS = ['model', 'care', 'compress', 'tune', 'compare', 'start'];
const SCHEMES = ['light', 'dark'] as const;

/** Every page with what is on it once it has loaded. */
const PAGES: readonly {
  readonly name: string;
  readonly parts: (seeded: Seeded) => readonly string[];
  readonly ready: (page: Page) => Promise<void>;
}[] = [
  { name: 'home', parts: () => [], ready: (page) => heading(page) },
  ...STEPS.map((step) => ({
    name: `wizard-${step}`,
    parts: () => ['new', step],
    ready: (page: Page) => expect(page.getByRole('navigation', { name: 'Steps' })).toBeVisible(),
  })),
  { name: 'runs', parts: () => ['runs'], ready: (page) => text(page, 'Second repair') },
  {
    name: 'run',
    parts: ({ runs }) => ['runs', runs[0]],
    ready: (page) => text(page, 'First repair'),
  },
  {
    name: 'analysis',
    parts: ({ runs }) => ['runs', runs[0], 'analysis'],
    ready: (page) => text(page, 'How alike they work inside'),
  },
  {
    name: 'analysis-absent',
    parts: ({ runs }) => ['runs', runs[1], 'analysis'],
    ready: (page) => text(page, 'This run was made without the analysis'),
  },
  ...['summary', 'tasks', 'inputs', 'settings'].map((tab) => ({
    name: `compare-${tab}`,
    parts: ({ runs }: Seeded) => ['compare', runs.join(','), tab],
    ready: (page: Page) => expect(page.getByRole('tab', { selected: true })).toBeVisible(),
  })),
  {
    name: 'playground',
    parts: ({ runs }) => ['playground', runs[0]],
    ready: (page) => heading(page),
  },
  { name: 'banks', parts: () => ['banks'], ready: (page) => text(page, 'Bank of First repair') },
  {
    name: 'bank',
    parts: ({ runs }) => ['banks', `${runs[0]}@0`],
    ready: (page) => text(page, 'Use it elsewhere'),
  },
  { name: 'sweeps', parts: () => ['sweeps'], ready: (page) => heading(page) },
  {
    name: 'sweep-new',
    parts: () => ['sweeps', 'new'],
    ready: (page) => text(page, '2 runs'),
  },
  {
    name: 'models',
    parts: () => ['models'],
    ready: (page) => expect(page.getByRole('row', { name: /Starter model/ })).toBeVisible(),
  },
  { name: 'settings', parts: () => ['settings'], ready: (page) => heading(page) },
  { name: 'no-such-page', parts: () => ['nowhere'], ready: (page) => text(page, 'no such page') },
];

const heading = (page: Page) => expect(page.getByRole('heading').first()).toBeVisible();
const text = (page: Page, words: string) =>
  expect(page.getByRole('main').getByText(words).first()).toBeVisible();

async function settled(page: Page): Promise<void> {
  await expect(page.locator('.waiting')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

for (const scheme of SCHEMES) {
  test.describe(`in ${scheme} colours`, () => {
    test.use({ colorScheme: scheme });
    for (const { name, parts, ready } of PAGES) {
      test(`${name} can be used by everybody`, async ({ workbench: page, seeded }) => {
        await goTo(page, ...parts(seeded));
        await ready(page);
        await settled(page);
        await picture(page, `${name}-${scheme}`);
        await expectAccessible(page);
      });
    }
  });
}

test.describe('on a narrow screen', () => {
  test.use({ viewport: { width: 390, height: 844 } });
  test('no page has to be scrolled sideways', async ({ workbench: page, seeded }) => {
    test.setTimeout(120_000);
    for (const { name, parts, ready } of PAGES) {
      await goTo(page, ...parts(seeded));
      await ready(page);
      await settled(page);
      await picture(page, `${name}-narrow`);
      const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect({ name, beyond }).toEqual({ name, beyond: 0 });
    }
  });
});

test('every page says what to do before there is anything to show', async ({ page }) => {
  const { home, remove } = temporaryHome();
  const host = await startHost(home);
  try {
    const faults = watchFaults(page);
    await page.goto(host.url);
    for (const name of ['', 'runs', 'compare', 'playground', 'banks', 'models', 'sweeps']) {
      await goTo(page, name);
      await heading(page);
      await settled(page);
      await picture(page, `empty-${name === '' ? 'home' : name}`);
      await expectAccessible(page);
    }
    expect(faults).toEqual([]);
  } finally {
    await host.stop();
    remove();
  }
});
