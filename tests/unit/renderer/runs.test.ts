import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { type Client, ClientContext } from '../../../src/renderer/client.ts';
import { Failure } from '../../../src/renderer/notice.tsx';
import { describeStage } from '../../../src/renderer/runs/describe.ts';
import { RunOutcome } from '../../../src/renderer/runs/run-outcome.tsx';
import { filterRuns, nextSort, sortRuns } from '../../../src/renderer/runs/sorting.ts';
import { follow, mergeSeries } from '../../../src/renderer/runs/use-run-progress.ts';
import { finished } from '../../../src/renderer/shell/finished-runs.ts';
import type { RunDetail, RunSummary } from '../../../src/shared/contract/runs.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { results, timings } from '../electron/results.ts';

const base: RunSummary = {
  id: 'a',
  name: 'First',
  status: 'done',
  stopping: false,
  createdAt: 1,
  startedAt: 1,
  finishedAt: 2,
  deletedAt: null,
  seed: 0,
  device: 'cpu',
  modelHash: null,
  recipe: PRESETS.quick,
  error: null,
  tags: [],
  notes: '',
  progress: 1,
  queuePosition: null,
  headline: null,
};
const headline = { original: 0.9, compressed: 0.6, best: 0.8, bestArm: 'idp', verdict: 'v' };
const runs: readonly RunSummary[] = [
  { ...base, id: 'a', name: 'Run 10', createdAt: 1, headline },
  { ...base, id: 'b', name: 'Run 9', createdAt: 2, tags: ['keep'], status: 'failed' },
  { ...base, id: 'c', name: 'Run 8', createdAt: 3, headline: { ...headline, best: 0.7 } },
];
const ids = (some: readonly RunSummary[]) => some.map(({ id }) => id).join('');

describe('the table of runs', () => {
  it('sorts names by their numbers and times by the newest', () => {
    expect(ids(sortRuns(runs, { key: 'name', direction: 'ascending' }))).toBe('cba');
    expect(ids(sortRuns(runs, { key: 'createdAt', direction: 'descending' }))).toBe('cba');
  });

  it('keeps runs without a result at the end either way', () => {
    expect(ids(sortRuns(runs, { key: 'best', direction: 'descending' }))).toBe('acb');
    expect(ids(sortRuns(runs, { key: 'best', direction: 'ascending' }))).toBe('cab');
  });

  it('turns the order when the same column is asked for again', () => {
    const once = nextSort({ key: 'createdAt', direction: 'descending' }, 'best');
    expect(once).toEqual({ key: 'best', direction: 'descending' });
    expect(nextSort(once, 'best').direction).toBe('ascending');
  });

  it('finds every word anywhere in name, recipe, tags and notes', () => {
    const all = { text: '', status: null, tag: null };
    expect(ids(filterRuns(runs, { ...all, text: 'KEEP gptq' }))).toBe('b');
    expect(ids(filterRuns(runs, { ...all, text: 'keep nothing' }))).toBe('');
    expect(ids(filterRuns(runs, { ...all, status: 'failed' }))).toBe('b');
    expect(ids(filterRuns(runs, { ...all, tag: 'keep' }))).toBe('b');
  });
});

describe('a run that is watched', () => {
  const series = (points: readonly (readonly [number, number])[]) => [
    { stage: 's', name: 'loss', points },
  ];

  it('adds points, and a step that comes again replaces its value', () => {
    const known = series([
      [1, 3],
      [2, 2],
    ]);
    expect(mergeSeries(known, series([[3, 1]]))[0]?.points).toHaveLength(3);
    const again = mergeSeries(
      known,
      series([
        [2, 9],
        [3, 1],
      ]),
    );
    expect(again[0]?.points).toEqual([
      [1, 3],
      [2, 9],
      [3, 1],
    ]);
  });

  it('follows snapshot, progress and end', () => {
    const run: RunDetail = {
      ...base,
      status: 'running',
      stages: [],
      outcome: null,
      memory: { estimated: null, items: [], peak: null },
      disk: { estimated: null, items: [], peak: null },
    };
    const samples = { questions: [], answers: [] };
    const nothing = { run: null, metrics: [], notices: [], samples, error: null };
    const first = follow(nothing, { kind: 'snapshot', run, metrics: [], notices: [], samples });
    const second = follow(first, {
      kind: 'progress',
      stages: [],
      progress: 0.5,
      metrics: series([[1, 2]]),
    });
    expect(second.run?.progress).toBe(0.5);
    expect(second.metrics).toHaveLength(1);
    const last = follow(second, { kind: 'run', run: { ...run, status: 'done' } });
    expect(last.run?.status).toBe('done');
    expect(last.metrics).toHaveLength(1);
  });

  it('is told of when it ends, once', () => {
    const before = new Map([['b', 'running' as const]]);
    expect(ids(finished(before, runs))).toBe('b');
    expect(finished(new Map([['b', 'failed' as const]]), runs)).toEqual([]);
  });
});

it.each([
  ['prepare', 1, 'Check the model and the data'],
  ['tune:bank@0', 1, 'Tune the prompt bank'],
  ['evaluate:idp@2', 3, 'Question it with the prompt bank (seed 2)'],
  ['analyse:control-lora@1', 2, 'Tune a LoRA adapter for the control (seed 1)'],
  ['analyse:similarity', 2, 'Look at attention and activations, block by block'],
  ['weigh:x', 1, 'weigh:x'],
])('stage %s of %i seeds reads %s', (stage, seeds, expected) => {
  expect(describeStage(stage, seeds)).toBe(expected);
});

it('a finished run is told in words first, then by arm and by task', () => {
  const outcome = createElement(RunOutcome, { outcome: { results, timings } });
  const markup = renderToStaticMarkup(
    createElement(
      QueryClientProvider,
      { client: new QueryClient() },
      createElement(ClientContext, { value: {} as Client }, outcome),
    ),
  );
  const text = markup.replaceAll(/<\/?strong>/g, '').replaceAll(/<[^>]+>/g, '|');
  expect(text).toContain(results.verdict);
  expect(text.indexOf(results.verdict)).toBeLessThan(text.indexOf('Arms on the same inputs'));
  expect(text).toContain('80.0% ± 1.2%');
  expect(text).toContain('50% (41% to 59%)');
  expect(text).toContain('1.2 MB');
  expect(markup).toContain('title="compressed-0123456789abcdef"');
});

it('text from a run is never markup', () => {
  const error = { code: 'X', message: '<img src=x onerror=alert(1)>', next: 'n', file: '<b>' };
  const markup = renderToStaticMarkup(
    createElement(MantineProvider, null, createElement(Failure, { error })),
  );
  expect(markup).toContain('&lt;img');
  expect(markup).not.toMatch(/<img|<b>/);
});
