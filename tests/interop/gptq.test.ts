import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { compress } from '../../src/core/compress/compress.ts';
import { convertModel } from '../../src/core/compress/convert.ts';
import { openModel } from '../../src/core/compress/open.ts';
import { readQuantization } from '../../src/core/compress/read.ts';
import { createEngine } from '../../src/core/engine/index.ts';
import { embed, forward, logitsAt } from '../../src/core/models/model.ts';
import type { CompressionOptions } from '../../src/shared/compression.ts';
import { calibrationIds, makeTinyModel, tinyConfig } from '../unit/compress/tiny-model.ts';
import { hasModules, python } from './python.ts';

const ids = [1, 5, 9, 20, 33, 47, 12, 3, 30, 41, 2, 17];
const config = {
  ...tinyConfig,
  model_type: 'llama',
  vocab_size: 64,
  hidden_size: 64,
  intermediate_size: 128,
  rms_norm_eps: 1e-5,
  torch_dtype: 'float32',
};
const grid = { groupSize: 32, mse: false, actOrder: true, staticGroups: false, damping: 0.01 };
const gptq = (bits: 2 | 3 | 4 | 8, symmetric: boolean): CompressionOptions => ({
  method: 'gptq',
  ...grid,
  bits,
  symmetric,
});
const OURS: readonly (readonly [name: string, options: CompressionOptions])[] = [
  ['2-bit', gptq(2, false)],
  ['3-bit', gptq(3, false)],
  ['4-bit', gptq(4, false)],
  ['8-bit', gptq(8, false)],
  ['4-bit symmetric', gptq(4, true)],
  [
    'SparseGPT 2:4 with 4 bits',
    {
      method: 'sparsegpt',
      sparsity: '2:4',
      quantization: { bits: 4, groupSize: 32, symmetric: true, mse: false },
      damping: 0.01,
    },
  ],
];
const THEIRS = [
  ['4', '32', 'true', 'false', 'gptq'],
  ['4', '32', 'true', 'true', 'gptq'],
  ['8', '32', 'true', 'false', 'gptq'],
  ['4', '32', 'false', 'false', 'gptq'],
  ['4', '32', 'false', 'false', 'gptq_v2'],
  ['3', '32', 'true', 'false', 'gptq'],
  ['2', '32', 'false', 'false', 'gptq_v2'],
] as const;

/** Words for ids: gptqmodel opens no folder without a tokenizer. */
async function writeTokenizer(dir: string): Promise<void> {
  const vocab = Object.fromEntries(
    Array.from({ length: config.vocab_size }, (_, i) => [`t${i}`, i]),
  );
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: 't0' },
  };
  const settings = { tokenizer_class: 'PreTrainedTokenizerFast', unk_token: 't0' };
  await writeFile(join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(dir, 'tokenizer_config.json'), JSON.stringify(settings));
}

/** Logits after the last id. */
async function ourLogits(dir: string): Promise<Float32Array> {
  const engine = await createEngine({ device: 'eager' });
  const { model } = await openModel(dir);
  const executable = await engine.compile({
    name: 'logits',
    inputs: {
      ids: { shape: [1, ids.length], dtype: 'int32' },
      rows: { shape: [1], dtype: 'int32' },
    },
    build: (inputs) => ({
      logits: logitsAt(model, forward(model, embed(model, inputs['ids']!)).hidden, inputs['rows']!),
    }),
  });
  const rows = Int32Array.of(ids.length - 1);
  return (await executable.run({ ids: Int32Array.from(ids), rows }))['logits'] as Float32Array;
}

/** Largest difference. */
function furthest(a: Float32Array, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

const available = hasModules('torch', 'transformers', 'gptqmodel', 'optimum');

describe.skipIf(!available)('GPTQ folders and Python’s tools', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-interop-'));
  const at = (name: string) => join(folder, name);
  let logits: Record<string, { exact: number[]; kernel: number[] }>;
  const ours = [...OURS.map(([name]) => name), '4-bit symmetric as gptq', '3-bit as dense'];
  const theirs = THEIRS.map((spec) => spec.join('-'));

  beforeAll(async () => {
    const checkpoint = await makeTinyModel(at('model'), config);
    await writeTokenizer(at('model'));
    const engine = await createEngine({ device: 'cpu', threads: 1 });
    const calibration = calibrationIds(8, 24);
    for (const [name, options] of OURS)
      await compress({ checkpoint, out: at(name), options, calibration, engine, seed: 1 });
    const convert = async (from: string, format: 'gptq' | 'dense') =>
      convertModel(await openCheckpoint(at(from)), at(`${from} as ${format}`), format);
    await convert('4-bit symmetric', 'gptq');
    await convert('3-bit', 'dense');
    const specs = THEIRS.map((spec) => [at(spec.join('-')), ...spec]);
    await python('gptq.py', ['quantize', at('model'), JSON.stringify(specs)]);
    const folders = [...ours, ...theirs].map(at);
    logits = JSON.parse(await python('gptq.py', ['logits', JSON.stringify(ids), ...folders]));
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([...ours, ...theirs])('%s: equal logits', async (name) => {
    const found = await ourLogits(at(name));
    const { exact, kernel } = logits[at(name)]!;
    const scale = Math.max(...exact.map(Math.abs));
    const worst = { exact: furthest(found, exact), kernel: furthest(found, kernel) };
    console.log(
      `${name}: largest logit ${scale.toFixed(2)}, off by ${worst.exact.toExponential(1)} unpacked, ` +
        `${worst.kernel.toExponential(1)} in gptqmodel's kernel`,
    );
    expect(worst.exact).toBeLessThan(1e-4);
    expect(worst.kernel / scale).toBeLessThan(0.02);
  });

  test.each(THEIRS)(
    'their %s-bit group %s sym %s act %s %s says how its zeros are stored',
    async (...spec) => {
      const { zeros } = readQuantization(await openCheckpoint(at(spec.join('-'))));
      expect(zeros).toBe(spec[4] === 'gptq' ? 'v1' : 'v2');
    },
  );
});
