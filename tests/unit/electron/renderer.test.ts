import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { CallError, createClient } from '../../../src/renderer/client.ts';
import { formatBytes, formatDuration, formatPercent } from '../../../src/renderer/format.ts';
import { Failure } from '../../../src/renderer/notice.tsx';
import { RunView } from '../../../src/renderer/runs/run-panel.tsx';
import { RunTable } from '../../../src/renderer/runs/run-table.tsx';
import { NoRuns } from '../../../src/renderer/runs/runs-page.tsx';
import type { RunDetail } from '../../../src/shared/contract.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { results, timings } from './results.ts';

const run: RunDetail = {
  id: '20261123-204503-1f2e',
  status: 'done',
  createdAt: 1_795_000_000_000,
  startedAt: 1_795_000_000_000,
  finishedAt: 1_795_000_100_000,
  seed: 3,
  device: 'cpu',
  recipe: PRESETS.quick,
  error: null,
  tags: [],
  notes: '',
  outcome: { results, timings },
};

/** The text a reader sees, cells apart. */
const textOf = (element: ReturnType<typeof createElement>) =>
  renderToStaticMarkup(element).replaceAll(/<[^>]+>/g, '|');

describe('a run', () => {
  it('is told in words first, then by arm and by task', () => {
    const text = textOf(createElement(RunView, { run }));
    expect(text.indexOf(results.verdict)).toBeLessThan(text.indexOf('Arms on the same inputs'));
    expect(text).toContain('compressed + IDP bank');
    expect(text).toContain('80.0% ± 1.2%');
    expect(text).toContain('50.0% (41.0% … 59.3%)');
    expect(text).toContain('1.2 MB');
    expect(text).toContain('2,560');
    expect(text).toContain('1 min 40 s');
    expect(text).toContain('|elements|');
  });

  it('names the weights behind every arm', () => {
    const markup = renderToStaticMarkup(createElement(RunView, { run }));
    expect(markup).toContain('title="compressed-0123456789abcdef"');
  });

  it('says that the comparison is still to come', () => {
    const text = textOf(createElement(RunView, { run: { ...run, outcome: null } }));
    expect(text).toContain('The arms are compared at the end of the run.');
  });

  it('does not promise a comparison that will never come', () => {
    const stopped = { ...run, status: 'cancelled' as const, outcome: null };
    expect(textOf(createElement(RunView, { run: stopped }))).toContain('ended before');
  });

  it('shows why it failed and what to do', () => {
    const error = {
      code: 'MEMORY_INSUFFICIENT',
      message: 'It needs 9 GB.',
      next: 'Close a program.',
    };
    const text = textOf(createElement(RunView, { run: { ...run, error, status: 'failed' } }));
    expect(text).toMatch(/It needs 9 GB\..*Close a program\..*MEMORY_INSUFFICIENT/);
  });
});

it('the table marks the chosen run and links to every run', () => {
  const other = { ...run, id: 'a/b', recipe: null, status: 'interrupted' as const };
  const markup = renderToStaticMarkup(
    createElement(RunTable, { runs: [run, other], selected: run.id }),
  );
  expect(markup.match(/aria-selected="true"/g)).toHaveLength(1);
  expect(markup).toContain('href="#/runs/a%2Fb"');
  expect(markup).toContain('Interrupted');
});

it('an empty store says how to fill it', () => {
  expect(textOf(createElement(NoRuns))).toContain('npm run repair');
});

it('text from a run is never markup', () => {
  const error = { code: 'X', message: '<img src=x onerror=alert(1)>', next: 'n', file: '<b>' };
  const markup = renderToStaticMarkup(createElement(Failure, { error, retry: () => undefined }));
  expect(markup).not.toMatch(/<img|<b>/);
});

describe('the client', () => {
  it('returns the value of a good reply', async () => {
    const client = createClient({ call: async (...args) => ({ ok: true, value: args }) });
    expect(await client('runs.show', { id: 'x' })).toEqual(['runs.show', { id: 'x' }]);
  });

  it('throws what the main process reports', async () => {
    const error = { code: 'RUN_NOT_FOUND', message: 'm', next: 'n', field: 'id' };
    const client = createClient({ call: async () => ({ ok: false, error }) });
    await expect(client('runs.show', { id: 'x' })).rejects.toEqual(new CallError(error));
    await expect(client('runs.show', { id: 'x' })).rejects.toMatchObject({ report: error });
  });

  it('reports a main process that does not answer', async () => {
    const client = createClient({ call: () => Promise.reject(new Error('gone')) });
    await expect(client('runs.list', {})).rejects.toMatchObject({
      report: { code: 'UNREACHABLE', message: expect.stringContaining('gone') },
    });
  });
});

it.each([
  [formatBytes(0), '0 B'],
  [formatBytes(999), '999 B'],
  [formatBytes(1000), '1.0 kB'],
  [formatBytes(7_340_000_000), '7.3 GB'],
  [formatBytes(5e18), '5,000,000.0 TB'],
  [formatDuration(1500), '1.5 s'],
  [formatDuration(61_000), '1 min 1 s'],
  [formatDuration(3_700_000), '1 h 1 min'],
  [formatPercent(0.1234), '12.3%'],
])('%s reads %s', (shown, expected) => {
  expect(shown).toBe(expected);
});
