import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { readFloat32 } from '../../../src/core/checkpoint/safetensors.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { type OpenedModel, openModel } from '../../../src/core/compress/open.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Engine } from '../../../src/core/engine/program.ts';
import { createGenerator } from '../../../src/core/generate/generate.ts';
import { embed, forLength, forward, logitsAt, type Model } from '../../../src/core/models/model.ts';
import { createRandom } from '../../../src/core/random.ts';
import { tuneLora } from '../../../src/core/tune/lora.ts';
import { tunePrompt } from '../../../src/core/tune/prompt.ts';
import type { Subject } from '../../../src/core/tune/tune.ts';
import type { CompressionOptions } from '../../../src/shared/compression.ts';
import { relativeError } from '../../support/compare.ts';
import { FIXTURES, families, readGolden } from './families.ts';

const random = createRandom(5, 'lifecycle');
const randomIds = (length: number) => Int32Array.from({ length }, () => random.integer(96));
const calibration = { ids: randomIds(8 * 16), length: 16 };
const { actOrder: _, staticGroups: __, damping: ___, ...grid } = defaultCompression;
const rounding: CompressionOptions = { ...grid, method: 'rtn', bits: 8, groupSize: 16 };
const solving: CompressionOptions = { ...defaultCompression, groupSize: 16, actOrder: true };
const pruning: CompressionOptions = { method: 'magnitude', sparsity: 0.5, quantization: null };

let cpu: Engine;
let dir = '';
beforeAll(async () => {
  cpu = await openDevice('cpu', { threads: 1 });
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function compressed(name: string, options: CompressionOptions): Promise<OpenedModel> {
  const out = join(dir, `${name}-${options.method}`);
  const checkpoint = await openCheckpoint(join(FIXTURES, name));
  await compress({ checkpoint, out, options, calibration, engine: cpu, seed: 1 });
  return openModel(out);
}

/** Logits [vocabulary] that follow the ids. */
async function nextLogits(model: Model, ids: Int32Array): Promise<Float32Array> {
  const executable = await cpu.compile({
    name: 'next',
    inputs: {
      ids: { shape: [1, ids.length], dtype: 'int32' },
      row: { shape: [1], dtype: 'int32' },
    },
    build: (given) => ({
      logits: logitsAt(model, forward(model, embed(model, given['ids']!)).hidden, given['row']!),
    }),
  });
  const { logits } = await executable.run({ ids, row: Int32Array.of(ids.length - 1) });
  await executable.release();
  return logits as Float32Array;
}

async function generated(model: Model, ids: Int32Array, maxTokens: number): Promise<number[]> {
  const generator = createGenerator(cpu, { model });
  const tokens: number[] = [];
  for await (const id of generator.generate([...ids], { maxTokens })) tokens.push(id);
  await generator.release();
  return tokens;
}

const examples = [3, 17, 42, 60].map((start, i) => ({
  id: String(i),
  group: 'g',
  fact: String(i),
  context: String.fromCharCode(start, start + 1, start + 2),
  target: String.fromCharCode(start + 3, start + 4),
}));

const tuning = {
  steps: 12,
  batch: 4,
  learningRate: 0.03,
  warmup: 1,
  clip: 1,
  weightDecay: 0,
  seed: 1,
  validateEvery: 12,
};

const subjectOf = (model: Model): Subject => ({
  engine: cpu,
  model,
  modelHash: 'tiny',
  tokenizer: { encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0)) },
});

describe('every family is compressed, generates and is tuned', () => {
  it.each(families)('%s: rounded to 8 bits it says nearly the same', async (name) => {
    const [golden] = await readGolden(name);
    const { model, quantized } = await compressed(name, rounding);
    const linears = Array.from({ length: model.config.layers }, (_, layer) =>
      model.family.stages(model.config, layer),
    ).flat(2);
    expect([...quantized.keys()].toSorted()).toEqual(linears.toSorted());
    const expected = golden!.logits.subarray(-model.config.vocabularySize);
    expect(relativeError(await nextLogits(model, golden!.ids), expected)).toBeLessThan(0.05);
  });

  it.each(families)('%s: GPTQ to 4 bits, then generation, prompt and LoRA', async (name) => {
    const [golden] = await readGolden(name);
    const { model } = await compressed(name, solving);
    const ids = golden!.ids.slice(0, 6);
    const first = await nextLogits(model, ids);
    const tokens = await generated(model, ids, 3);
    expect(tokens[0]).toBe(first.indexOf(Math.max(...first)));
    expect(tokens).toHaveLength(3);

    const subject = subjectOf(model);
    const data = { examples, validation: examples };
    const prompt = { ...tuning, name: 'p', tokens: 3, init: 'vocabulary' };
    const tuned = await tunePrompt(subject, data, prompt);
    expect(tuned.prompt.embeddings).toHaveLength(3 * model.config.embeddingSize);
    expect(tuned.best!.step).toBeGreaterThan(0);
    expect(tuned.best!.validation).toBeLessThan(tuned.history[0]!.validation!);

    const shape = { rank: 2, alpha: 4, dropout: 0, rankStabilized: false, targets: ['default'] };
    const lora = await tuneLora(subject, data, { ...tuning, ...shape });
    expect(lora.adapter.targets).toEqual(model.family.loraTargets);
    expect(lora.best!.step).toBeGreaterThan(0);
    expect(lora.best!.validation).toBeLessThan(lora.history[0]!.validation!);
  });

  it('writes the numbers of config.json as they were', async () => {
    const { checkpoint } = await compressed('gemma2', pruning);
    const text = readFileSync(join(checkpoint.dir, 'config.json'), 'utf8');
    expect(text).toContain('"final_logit_softcapping": 3.0,');
    expect(text).toContain('"query_pre_attn_scalar": 20,');
  });

  it('prunes transposed weights where they are stored', async () => {
    const original = await openModel(join(FIXTURES, 'gpt2'));
    const { checkpoint, model } = await compressed('gpt2', pruning);
    const name = 'transformer.h.1.mlp.c_fc.weight';
    const before = readFloat32(original.checkpoint.tensors.get(name)!);
    const after = readFloat32(checkpoint.tensors.get(name)!);
    expect(after.filter((value) => value === 0).length).toBe(after.length / 2);
    expect(after.every((value, i) => value === 0 || value === before[i])).toBe(true);
    const stored = await openCheckpoint(checkpoint.dir);
    expect(stored.tensors.get(name)!.shape).toEqual([32, 128]);
    expect(model.config.architecture).toBe('GPT2LMHeadModel');
  });
});

it('reads a sequence again where LongRoPE changes its angles', async () => {
  const { model } = await openModel(join(FIXTURES, 'phi3'));
  expect(model.config.rotaryChange).toBe(16);
  const ids = randomIds(12);
  const tokens = await generated(model, ids, 8);
  for (let i = 0; i < tokens.length; i++) {
    const before = Int32Array.from([...ids, ...tokens.slice(0, i)]);
    const logits = await nextLogits(forLength(model, before.length), before);
    expect(tokens[i]).toBe(logits.indexOf(Math.max(...logits)));
  }
});
