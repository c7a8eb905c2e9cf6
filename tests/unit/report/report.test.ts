import { describe, expect, it } from 'vitest';
import { html } from '../../../src/main/report/html.ts';
import { renderReport } from '../../../src/main/report/report.ts';
import type { ReportedRun } from '../../../src/main/report/reported-run.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { results, timings } from '../electron/results.ts';

const run = (changes: Partial<ReportedRun> = {}): ReportedRun => ({
  id: 'run-1',
  name: 'First',
  status: 'done',
  createdAt: 0,
  finishedAt: 60_000,
  seed: 7,
  device: 'cpu',
  modelHash: 'a'.repeat(64),
  recipe: { ...PRESETS.quick, model: '/home/somebody/models/small' },
  notes: '',
  outcome: { results, timings },
  metrics: [
    {
      stage: 'tune:bank@0',
      name: 'all/loss',
      points: [
        [1, 3],
        [2, 2],
        [3, 1.5],
      ],
    },
    {
      stage: 'tune:bank@0',
      name: 'learning rate',
      points: [
        [1, 0.1],
        [2, 0.1],
      ],
    },
  ],
  ...changes,
});

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe('markup', () => {
  it('escapes what it is given, once', () => {
    const inner = html`<b>${'a < b & "c"'}</b>`;
    expect(html`${inner}${[1, inner]}${null}`.text).toBe(
      '<b>a &lt; b &amp; &quot;c&quot;</b>1<b>a &lt; b &amp; &quot;c&quot;</b>',
    );
  });
});

describe('a report', () => {
  const page = renderReport([run()]);

  it('needs nothing else and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|https?:\/\/|url\(|@import|\son\w+=/);
    expect(page).toMatch(/color-scheme: light dark/);
    expect(page).toMatch(/@media print/);
  });

  it('calls tasks by their titles', () => {
    const taskTitles = { capitals: 'Capitals of countries' };
    const titled = renderReport([
      run({ outcome: { results: { ...results, taskTitles }, timings } }),
    ]);
    expect(titled).toContain('<th scope="row">Capitals of countries</th>');
    expect(titled).not.toContain('>Capitals<');
    expect(page).toContain('<th scope="row">Capitals</th>');
  });

  it('says the verdict, the numbers with their intervals, and what made them', () => {
    expect(page).toContain(results.verdict);
    expect(page).toContain('90.0% ± 1.2%');
    expect(page).toContain('50% (41% to 59%)');
    for (const { arm } of results.arms) expect(page).toContain(arm.weightsHash);
    expect(page).toContain('a'.repeat(64));
    expect(page).toContain('&quot;groupSize&quot;: 64');
  });

  it('draws recovery, tasks, size and the curves of the losses', () => {
    const titles = [...page.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) => title);
    expect(titles).toEqual([
      'Share of the lost accuracy that came back',
      'Accuracy against size',
      'Accuracy by task',
      'Prompt bank, seed 0',
    ]);
    expect(count(page, /<polyline/g)).toBe(1);
    // Three arms, the mean and two tasks; a whisker wherever there is an interval.
    expect(count(page, /<rect/g)).toBe(1 + 9);
    expect(count(page, /class="whisker"/g)).toBe(1 + 3 + 6);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('names no folder of the machine', () => {
    const { evaluation, tuning } = PRESETS.quick;
    const recipe = {
      ...PRESETS.quick,
      model: '/home/somebody/models/small',
      tuning: { ...tuning, data: { source: 'C:\\somebody\\notes.txt' } },
      evaluation: {
        ...evaluation,
        tasks: ['/home/somebody/mine.jsonl'],
        dataDir: '/somebody/data',
      },
    };
    const text = renderReport([run({ recipe })]);
    expect(text).not.toContain('somebody');
    for (const name of ['small', 'notes.txt', 'mine.jsonl']) expect(text).toContain(name);
  });

  it('sets every two arms beside each other, and says what each selector costs', () => {
    const difference = { value: 0.1, interval: { low: 0.05, high: 0.15, level: 0.95 } };
    const tasks = {
      capitals: { difference: 0.2, pValue: 0.001, adjusted: 0.002 },
      elements: { difference: 0, pValue: 1, adjusted: 1 },
    };
    const pair = {
      first: 'compressed',
      second: 'idp',
      difference,
      pValue: 0.00001,
      tasks,
    } as const;
    const selector = {
      kind: 'classifier',
      name: 'classifier',
      parameters: 1234,
      mean: { mean: 0.5, standardError: 0.1, count: 9 },
      overRandom: difference,
    } as const;
    const text = renderReport([
      run({
        outcome: {
          results: { ...results, comparisons: [pair], selectors: [selector] },
          timings: { ...timings, millisecondsPerSelector: { classifier: 4.56 } },
        },
      }),
    ]);
    expect(text).toContain(
      'compressed + IDP bank</th><td>compressed</td><td>+10.0</td><td>+5.0\u00a0to\u00a0+15.0</td><td>&lt;0.001</td><td>1 of 2: Capitals</td>',
    );
    expect(text).toContain('<td>1,234</td><td>4.56</td>');
  });

  it('shows names and notes as text, whatever they hold', () => {
    const hostile = renderReport([run({ name: '<script>alert(1)</script>', notes: '</p><b>' })]);
    expect(hostile).not.toMatch(/<script|<b>/);
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('is the same page for the same runs', () => {
    expect(renderReport([run()])).toBe(page);
  });

  it('sets several runs side by side, and then tells each', () => {
    const text = renderReport([run(), run({ id: 'run-2', name: 'Second' })]);
    expect(text).toContain('2 runs compared');
    expect(text).toContain('Second: compressed + IDP bank');
    expect(text).toContain('<figcaption>What came back, by how much was lost');
    expect(count(text, /<article/g)).toBe(2);
  });

  it('tells of a run that compared nothing yet', () => {
    const text = renderReport([
      run({ outcome: null, status: 'paused', metrics: [], recipe: null }),
    ]);
    expect(text).toContain('This run is paused; it has no results.');
    expect(text).not.toContain('<figure');
  });
});
