import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { findChromium } from '../scripts/chromium.ts';
import buildOnce from '../tests/e2e/build.ts';
import { type HostProcess, startHost } from '../tests/e2e/host.ts';
import { LARGE_ARMS, LARGE_RUN, writeLargeRun } from '../tests/support/large-run.ts';
import { smallRecipe, writeSmallModel } from '../tests/support/small-model.ts';
import { median } from './measure.ts';

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

const INPUTS = 10_000;
const OPENINGS = 7;
const SCROLL_MS = 4000;
/** Steps of tuning while which the page is watched. */
const STEPS = 400;

/** What a person feels of the screens, in a real Chromium on the real host and database. */
export async function screenRows(): Promise<Row[]> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    return [{ what: 'screens', measured: 'skipped: no Chromium found', target: '–' }];
  await buildOnce();
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-screens-'));
  await writeLargeRun(home, INPUTS);
  const host = await startHost(home);
  const browser = await chromium.launch({ executablePath });
  try {
    return [
      await firstPaint(browser, host),
      await scrolling(browser, host),
      ...(await duringRun(browser, host)),
    ];
  } finally {
    await browser.close();
    await host.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** A fresh browser profile each time; the host is warm and the profile's cache is not. */
async function firstPaint(browser: Browser, { url }: HostProcess): Promise<Row> {
  const paints: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
    );
    if (i > 0) paints.push(paint);
    await context.close();
  }
  return {
    what: 'screens: first contentful paint, warm host, cold cache',
    measured: `${median(paints).toFixed(0)} ms`,
    target: '< 1000 ms',
  };
}

async function scrolling(browser: Browser, { url }: HostProcess): Promise<Row> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 840 } });
  await page.goto(url);
  await goTo(page, `#/compare/${LARGE_RUN}/inputs`);
  await page.locator('.input-frame [data-row="0"]').waitFor();
  const frames = await page.evaluate(async (duration) => {
    const frame = document.querySelector('.input-frame')!;
    const stamps: number[] = [];
    const start = performance.now();
    await new Promise<void>((done) => {
      const step = (now: number) => {
        stamps.push(now);
        // About 120 rows a second, as a wheel turned fast.
        frame.scrollTop += 88;
        if (now - start < duration) requestAnimationFrame(step);
        else done();
      };
      requestAnimationFrame(step);
    });
    return stamps.slice(1).map((stamp, i) => stamp - stamps[i]!);
  }, SCROLL_MS);
  await page.close();
  const perSecond = (1000 * frames.length) / frames.reduce((sum, frame) => sum + frame, 0);
  const late = frames.filter((frame) => frame > 25).length / frames.length;
  return {
    what: `screens: scrolling ${INPUTS} inputs × ${LARGE_ARMS.length} arms`,
    measured: `${perSecond.toFixed(0)} frames/s, ${(100 * late).toFixed(1)}% of them late`,
    target: '60 frames/s',
  };
}

/** A small model, so that steps and events come as fast as they ever do. */
async function duringRun(browser: Browser, host: HostProcess): Promise<Row[]> {
  const model = await writeSmallModel(join(host.home, 'models', 'small'));
  const page = await browser.newPage();
  const events: number[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"kind":"progress"')) events.push(performance.now());
    }),
  );
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask' });
  });
  await page.goto(host.url);
  const { id } = await host.client.call('runs.start', { recipe: smallRecipe(model, STEPS) });
  await goTo(page, `#/runs/${id}`);
  // What loading the page takes is not what a run takes.
  await page.waitForTimeout(1000);
  await page.evaluate(() => {
    (window as unknown as { tasks: number[] }).tasks.length = 0;
  });
  for (;;) {
    const { status } = await host.client.call('runs.show', { id });
    if (status !== 'queued' && status !== 'running') break;
    await page.waitForTimeout(250);
  }
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  await page.close();
  const longest = tasks.length === 0 ? '< 50' : Math.max(...tasks).toFixed(0);
  return [
    {
      what: 'screens: longest task of the page while a run works',
      measured: `${longest} ms`,
      target: '≤ 100 ms',
    },
    {
      what: 'screens: progress events in the busiest second of a run',
      measured: `${busiestSecond(events)}`,
      target: '≤ 10',
    },
  ];
}

const busiestSecond = (stamps: readonly number[]): number =>
  Math.max(
    0,
    ...stamps.map((from) => stamps.filter((stamp) => stamp >= from && stamp < from + 1000).length),
  );

const goTo = (page: Page, place: string) =>
  page.evaluate((hash) => {
    window.location.hash = hash;
  }, place);
