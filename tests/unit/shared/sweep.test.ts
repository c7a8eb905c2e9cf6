import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sweepId } from '../../../src/main/sweeps.ts';
import { changeTo, merged } from '../../../src/shared/change.ts';
import { KintsugiError } from '../../../src/shared/errors.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { parseSweep } from '../../../src/shared/sweep.ts';

const EXAMPLE = join(import.meta.dirname, '../../../resources/sweeps/paper.json');
const example = () => JSON.parse(readFileSync(EXAMPLE, 'utf8'));

test('every combination of options is a run, named by what differs', () => {
  const { runs, sweep } = parseSweep(example());
  expect(sweep.name).toBe('Quantised and pruned');
  expect(runs.map(({ label }) => label)).toEqual([
    'GPTQ 3-bit · tokens 4',
    'GPTQ 3-bit · tokens 20',
    'GPTQ 2-bit · tokens 4',
    'GPTQ 2-bit · tokens 20',
    'SparseGPT 50% zeros · tokens 4',
    'SparseGPT 50% zeros · tokens 20',
    'SparseGPT 70% zeros · tokens 4',
    'SparseGPT 70% zeros · tokens 20',
  ]);
});

test('options change the base and nothing else', () => {
  const { runs } = parseSweep(example());
  const { compression, tuning } = PRESETS.quick;
  expect(runs[1]!.recipe).toEqual({
    ...PRESETS.quick,
    compression: { ...compression, bits: 3 },
    tuning: { ...tuning, tokens: 20 },
  });
  expect(runs[6]!.recipe.compression).toEqual({
    method: 'sparsegpt',
    sparsity: 0.7,
    quantization: null,
    damping: compression.damping,
    calibration: compression.calibration,
  });
});

test('settings within a part are merged; a whole recipe can be the base', () => {
  const vary = { tuning: [{ bank: { count: 5 } }, { bank: { count: 7 }, lora: { rank: 8 } }] };
  const { runs } = parseSweep({ version: 1, name: 'Banks', base: PRESETS.balanced, vary });
  const { tuning } = PRESETS.balanced;
  expect(runs.map(({ recipe }) => recipe.tuning)).toEqual([
    { ...tuning, bank: { ...tuning.bank, count: 5 } },
    { ...tuning, bank: { ...tuning.bank, count: 7 }, lora: { ...tuning.lora, rank: 8 } },
  ]);
  expect(runs.map(({ label }) => label)).toEqual(['bank count 5', 'bank count 7, LoRA rank 8']);
});

test('a change holds what differs from its start, and keeps what it said before', () => {
  const { tuning } = PRESETS.quick;
  const before = { tokens: tuning.tokens, lora: { rank: 8 }, prefix: { tokens: 4 } };
  const next = { ...tuning, lora: { ...tuning.lora, targets: ['all-linear'] }, steps: 7 };
  const change = changeTo(tuning, next, before);
  expect(change).toEqual({
    tokens: tuning.tokens,
    steps: 7,
    lora: { targets: ['all-linear'] },
  });
  expect(merged(tuning, change)).toEqual(next);
  expect(changeTo(tuning, tuning, before)).toEqual({ tokens: tuning.tokens });
  const prefix = { tokens: 4, learningRate: 0.1, steps: 3 };
  expect(changeTo(tuning, { ...tuning, prefix })).toEqual({ prefix });
});

test('selectors go by their names, seeds by their number', () => {
  const selector = [
    { kind: 'idp', layer: 2 },
    { kind: 'key', keys: 'learned' },
  ];
  const vary = { model: ['starter', 'models/other'], selector, repeats: [1, 3] };
  const { runs } = parseSweep({ version: 1, name: 'Choices', base: 'quick', vary });
  expect(runs).toHaveLength(8);
  expect(runs[0]!.label).toBe('Starter model · IDP, block 2 · 1 seed');
  expect(runs.at(-1)!.label).toBe('other · nearest learned key · 3 seeds');
});

describe('the identity of a sweep', () => {
  const identity = (value: unknown) => {
    const { sweep, runs } = parseSweep(value);
    return sweepId(sweep, runs);
  };
  const { calibration } = PRESETS.quick.compression;
  const said = { version: 1, name: 'One', base: 'quick', vary: { compression: [{ bits: 3 }] } };

  test('is what its runs do, however the file says it', () => {
    const base = { ...PRESETS.quick, compression: { ...PRESETS.quick.compression, bits: 3 } };
    expect(identity({ ...said, base, vary: {} })).toBe(identity(said));
  });

  test('changes with what a preset means', () => {
    const { sweep, runs } = parseSweep(said);
    const changed = runs.map(({ recipe, label }) => ({
      label,
      recipe: {
        ...recipe,
        compression: { ...recipe.compression, calibration: { ...calibration, samples: 65 } },
      },
    }));
    expect(sweepId(sweep, changed)).not.toBe(sweepId(sweep, runs));
  });

  test('changes with the name and with the order of its runs', () => {
    const two = { ...said, vary: { compression: [{ bits: 3 }, { bits: 4 }] } };
    const turned = { ...said, vary: { compression: [{ bits: 4 }, { bits: 3 }] } };
    const ids = [said, { ...said, name: 'Other' }, two, turned].map(identity);
    expect(new Set(ids).size).toBe(4);
  });
});

test('a sweep that varies nothing is one run', () => {
  const { runs } = parseSweep({ version: 1, name: 'One', base: 'quick', vary: {} });
  expect(runs).toEqual([{ label: 'Starter model', recipe: PRESETS.quick }]);
});

type Example = ReturnType<typeof example>;

describe('faults are named as the file has them', () => {
  test.each<[string, (sweep: Example) => void]>([
    ['vary.compression[1].bits', ({ vary }) => Object.assign(vary.compression[1], { bits: 5 })],
    ['vary.tuning[0].tokns', ({ vary }) => Object.assign(vary.tuning[0], { tokns: 4 })],
    ['vary.compression[4].bits', (s) => s.vary.compression.push({ method: 'wanda', bits: 2 })],
    ['vary.compression[0].method', ({ vary }) => (vary.compression[0].method = 'gqt')],
    ['vary.compression', ({ vary }) => (vary.compression = [])],
    ['vary.models', ({ vary }) => (vary.models = ['starter'])],
    ['vary', ({ vary }) => vary.tuning.push({ tokens: 4 })],
    ['vary.seed', ({ vary }) => (vary.seed = Array.from({ length: 64 }, (_, i) => i))],
    ['base', (sweep) => (sweep.base = 'fast')],
    ['base.model', (sweep) => (sweep.base = { ...PRESETS.quick, model: '' })],
    ['base.sed', (sweep) => (sweep.base = { ...PRESETS.quick, sed: 1 })],
    ['version', (sweep) => (sweep.version = 2)],
    ['name', (sweep) => (sweep.name = ' ')],
  ])('%s', (field, spoil) => {
    const sweep = example();
    spoil(sweep);
    const fault = (): unknown => parseSweep(sweep, 'sweep.json');
    expect(fault).toThrow(KintsugiError);
    expect(fault).toThrow(
      expect.objectContaining({ code: 'RECIPE_INVALID', field }) as unknown as Error,
    );
  });

  test('what is no object is refused whole', () => {
    expect(() => parseSweep([])).toThrow(
      expect.objectContaining({ field: 'sweep' }) as unknown as Error,
    );
  });
});
