import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { namedTasks, recipeTasks } from '../../../src/main/compute/named-tasks.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import golden from '../../fixtures/tasks/golden.json' with { type: 'json' };
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';

const fixture = new URL('../../fixtures/tasks', import.meta.url).pathname;
const data = join(fixture, 'data');
const model = ['--model', join(fixture, 'model')];

let home = '';
// Every command is a process of its own, which takes long on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(() => {
  home = temporaryFolder();
});

const run = (...args: string[]) => kintsugi(home, [...args, '--threads', '1']);
const document = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

test('evaluate prints the results of lm-evaluation-harness, in its layout', async () => {
  const tasks = ['--tasks', 'arc_easy,triviaqa,lambada_openai,wikitext', '--data-dir', data];
  const measured = await document('evaluate', ...model, ...tasks);
  const harness = golden as Record<string, { results: Record<string, number | string> }>;
  for (const task of ['arc_easy', 'triviaqa', 'lambada_openai', 'wikitext']) {
    for (const [key, expected] of Object.entries(harness[task]!.results)) {
      if (key === 'perplexity_stderr,none') continue;
      const actual = measured.results[task][key];
      if (typeof expected === 'string') expect(actual, key).toBe(expected);
      else
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-4 * Math.abs(expected) + 1e-9);
    }
  }
  expect(Object.keys(measured)).toEqual([
    ...['results', 'group_subtasks', 'configs', 'versions', 'n-shot', 'higher_is_better'],
    ...['n-samples', 'tasks', 'mean'],
  ]);
  expect(measured).toMatchObject({
    results: { arc_easy: { name: 'arc_easy', sample_len: 4 }, wikitext: { sample_len: 2 } },
    configs: { arc_easy: { num_fewshot: 0 } },
    versions: { arc_easy: 1, triviaqa: 3, lambada_openai: 1, wikitext: 2 },
    'n-samples': { arc_easy: { effective: 4 }, wikitext: { effective: 2 } },
    higher_is_better: {
      arc_easy: { acc: true, acc_norm: true },
      lambada_openai: { perplexity: false },
    },
  });
});

test('as a table: every metric with its standard error', async () => {
  const { stdout, code } = await run(
    'evaluate',
    ...model,
    '--tasks',
    'boolq,mmlu',
    '--data-dir',
    data,
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^boolq +acc +\d+\.\d ±\d+\.\d +3$/m);
  expect(stdout).toMatch(/^mmlu +acc +\d+\.\d ±\d+\.\d +3$/m);
});

test('says which dataset is missing, and that a task is unknown', async () => {
  const choice = { dataDir: home, heldout: 1, train: 0 };
  await expect(namedTasks(['piqa'], choice)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringContaining('has no dataset baber/piqa'),
  });
  await expect(namedTasks(['arc_medium'], choice)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  });
  await expect(namedTasks(['animals', 'words', 'animals'], choice)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: 'The task "animals" is named twice',
    field: 'tasks',
  });
});

test('a benchmark’s training split tunes a prompt, a dataset calibrates and is measured', async () => {
  const wikitext = join(home, 'org/wiki/data');
  mkdirSync(wikitext, { recursive: true });
  const rows = Array.from({ length: 60 }, (_, i) => ({ text: i % 3 === 0 ? '' : 'It is Paris.' }));
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  for (const split of ['train', 'test']) writeFileSync(join(wikitext, `${split}.jsonl`), lines);
  const small = join(home, 'small');
  const grid = ['--group-size', '16', '--samples', '2', '--length', '16'];
  const source = ['--calibration', join(home, 'org/wiki')];
  const compressed = await document('compress', ...model, ...grid, ...source, '--out', small);
  expect(compressed.layers).toHaveLength(14);
  const bank = join(home, 'bank');
  const tune = ['tune', '--model', small, '--tokens', '2', '--steps', '2', '--batch', '2'];
  await document(...tune, '--data', 'task:arc_easy,piqa', '--data-dir', data, '--out', bank);
  const text = ['--text', `${join(home, 'org/wiki')}:test`];
  const arm = ['--model', small, '--bank', bank];
  const { perplexity } = await document('evaluate', ...arm, ...text, '--window', '32');
  expect(perplexity).toBeGreaterThan(1);
});

test('a recipe names benchmarks beside starter tasks', async () => {
  const evaluation = {
    ...PRESETS.quick.evaluation,
    tasks: ['capitals', 'winogrande'],
    dataDir: data,
    itemsPerTask: 1,
  };
  const [capitals, winogrande] = await recipeTasks(evaluation);
  expect(capitals!.name).toBe('capitals');
  expect(winogrande).toMatchObject({ name: 'winogrande', kind: 'choice' });
  expect([winogrande!.train.length, winogrande!.heldout.length]).toEqual([2, 1]);
});
