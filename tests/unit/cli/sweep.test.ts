import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { SweepMatrix } from '../../../src/shared/contract/sweeps.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

const tuning = { steps: 3, batch: 2, warmup: 1, bank: { count: 2 }, lora: { rank: 2, steps: 3 } };
const sweepOf = (model: string) => ({
  version: 1,
  name: 'Tiny',
  base: 'quick',
  vary: {
    model: [model],
    compression: [
      { method: 'rtn', bits: 3, groupSize: 16, calibration: { samples: 2, length: 32 } },
    ],
    tuning: [
      { ...tuning, tokens: 2 },
      { ...tuning, tokens: 4 },
    ],
    evaluation: [{ tasks: ['animals', 'words'], itemsPerTask: 4, textTokens: 0, bootstrap: 100 }],
  },
});

let folder = '';
let file = '';

beforeAll(async () => {
  folder = temporaryFolder();
  await writeTinyModel(join(folder, 'model'));
  file = join(folder, 'sweep.json');
  writeFileSync(file, JSON.stringify(sweepOf(join(folder, 'model'))));
});

const rowsOf = (stdout: string) => (JSON.parse(stdout) as SweepMatrix).rows;

test('a sweep that is cut off goes on with the same command, and compresses once', async () => {
  const home = join(folder, 'home');
  const cut = await kintsugi(home, ['sweep', file], (stderr, child) => {
    if (stderr.includes('run 2 of 2')) child.kill('SIGKILL');
  });
  expect(cut.signal).toBe('SIGKILL');
  const planned = await kintsugi(home, ['sweep', file, '--dry-run', '--json']);
  expect(rowsOf(planned.stdout)[0]).toMatchObject({ label: 'tokens 2', status: 'done' });

  const done = await kintsugi(home, ['sweep', file, '--json']);
  expect(done.code).toBe(0);
  expect(done.stderr).not.toContain('run 1 of 2');
  const rows = rowsOf(done.stdout);
  expect(rows.map(({ label, status }) => [label, status])).toEqual([
    ['tokens 2', 'done'],
    ['tokens 4', 'done'],
  ]);
  for (const { cells } of rows) expect(cells.idp!.mean.count).toBe(8);

  const [first, second] = rows.map(({ runId }) => join(home, 'runs', runId!, 'compressed'));
  const weights = readdirSync(first!).find((name) => name.endsWith('.safetensors'))!;
  expect(statSync(join(second!, weights)).ino).toBe(statSync(join(first!, weights)).ino);
}, 120_000);

type Sweep = ReturnType<typeof sweepOf>;

test.each<[string, (sweep: Sweep, empty: string) => void, string]>([
  [
    'tuning.tokens',
    ({ vary }) => Object.assign(vary.tuning[1]!, { tokens: 4000 }),
    'tokens 4000: "tuning.tokens" is more than the model has positions for',
  ],
  [
    'compression.calibration.source',
    ({ vary }, empty) => Object.assign(vary.compression[0]!.calibration, { source: empty }),
    'tokens 2: There is no text to calibrate on',
  ],
  [
    'tuning.data',
    ({ vary }, empty) => Object.assign(vary.tuning[1]!, { data: { source: empty } }),
    'holds no examples',
  ],
])(
  'what a run could not work is refused before any work: %s',
  async (field, spoil, message) => {
    const home = join(folder, `refused ${field}`);
    const sweep = sweepOf(join(folder, 'model'));
    const empty = join(folder, 'empty.jsonl');
    writeFileSync(empty, '');
    spoil(sweep, empty);
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify(sweep));
    const { code, stderr } = await kintsugi(home, ['sweep', wrong]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`field: ${field}`);
    expect(existsSync(join(home, 'runs'))).toBe(false);
  },
  30_000,
);
