import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embed, forward, prependPrompt } from '../../../src/core/models/model.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { ParameterSet } from '../../../src/core/tune/adamw.ts';
import { tuneBank } from '../../../src/core/tune/bank.ts';
import { makeBatch } from '../../../src/core/tune/batches.ts';
import { initialAdapter, loraAdaptation, tuneLora } from '../../../src/core/tune/lora.ts';
import { type Adaptation, createObjective } from '../../../src/core/tune/objective.ts';
import { type PromptOptions, promptAdaptation, tunePrompt } from '../../../src/core/tune/prompt.ts';
import { shareData } from '../../../src/core/tune/shares.ts';
import { tokenise } from '../../../src/core/tune/tune.ts';
import { letterExamples, tinySubject } from './tiny.ts';

const subject = tinySubject();
const examples = [
  ...letterExamples('left', 'abcdefgh', 'yes'),
  ...letterExamples('right', 'pqrs', 'no'),
];
const validation = letterExamples('left', 'ijk', 'yes');
const options: PromptOptions = {
  name: 'p',
  tokens: 3,
  init: 'vocabulary',
  steps: 24,
  batch: 4,
  learningRate: 0.05,
  warmup: 3,
  clip: 1,
  weightDecay: 0.01,
  seed: 9,
  validateEvery: 6,
};
const loraOptions = {
  ...options,
  rank: 2,
  alpha: 4,
  dropout: 0,
  rankStabilized: false,
  targets: ['q_proj', 'down_proj'],
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-tune-'));
});
afterEach(() => rm(dir, { recursive: true }));

const noise = (length: number, scale: number, seed: number) => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal() * scale);
};

/** Central differences of the compiled loss along random directions. */
async function expectGradient(adaptation: Adaptation, parameters: ParameterSet, prefix: number) {
  const batch = makeBatch(tokenise(subject, examples, {}, prefix).slice(0, 4), { size: 4, prefix });
  const objective = createObjective(subject.engine, adaptation);
  const { loss, gradients } = await objective.step(parameters, batch);
  expect(await objective.loss(parameters, [batch])).toBeCloseTo(loss, 5);
  for (const [name, values] of Object.entries(parameters)) {
    const direction = noise(values.length, 1, name.length);
    const h = 1e-2;
    const at = (sign: number) => values.map((v, i) => v + sign * h * direction[i]!);
    const up = await objective.loss({ ...parameters, [name]: at(1) }, [batch]);
    const down = await objective.loss({ ...parameters, [name]: at(-1) }, [batch]);
    const slope = gradients[name]!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect((up - down) / (2 * h) / slope).toBeCloseTo(1, 2);
  }
  await objective.release();
}

describe('objective', () => {
  it('is the mean negative log-likelihood of the answers, by hand', async () => {
    const prefix = options.tokens;
    const prompt = noise(prefix * 16, 0.3, 1);
    const sequences = tokenise(subject, examples, {}, prefix).slice(0, 3);
    const objective = createObjective(subject.engine, promptAdaptation(subject.model, prefix));
    const batch = makeBatch(sequences, { size: 5, prefix });
    const { loss } = await objective.step({ prompt }, batch);
    await objective.release();
    let sum = 0;
    let count = 0;
    for (const { ids, scoredFrom } of sequences) {
      const program = await subject.engine.compile({
        name: 'by-hand',
        inputs: {
          prompt: { shape: [prefix, 16], dtype: 'float32' },
          ids: { shape: [1, ids.length], dtype: 'int32' },
        },
        build: (inputs) => {
          const x = prependPrompt(inputs['prompt']!, embed(subject.model, inputs['ids']!));
          const hidden = tf.reshape(forward(subject.model, x).hidden, [-1, 16]);
          const logits = subject.model.family.head(
            subject.model.config,
            subject.model.weights,
            hidden,
          );
          return { logs: tf.logSoftmax(logits) };
        },
      });
      const { logs } = await program.run({ prompt, ids });
      await program.release();
      for (let t = scoredFrom; t < ids.length; t++) {
        sum -= logs![(prefix + t - 1) * subject.model.config.vocabularySize + ids[t]!]!;
        count++;
      }
    }
    expect(count).toBe(batch.scored);
    expect(loss).toBeCloseTo(sum / count, 5);
  });

  it('has the gradient of its loss, for prompts', () =>
    expectGradient(promptAdaptation(subject.model, 3), { prompt: noise(48, 0.3, 2) }, 3));

  it('has the gradient of its loss, for LoRA', async () => {
    const adapter = initialAdapter(subject.model, loraOptions, 9);
    const parameters = Object.fromEntries(
      [...adapter.modules].flatMap(([module, { a, b }], i) => [
        [`${module}.a`, a],
        [`${module}.b`, noise(b.length, 0.1, i)],
      ]),
    );
    await expectGradient(loraAdaptation(subject.model, adapter, 9), parameters, 0);
  });
});

describe('tunePrompt', () => {
  it('lowers the loss on facts it did not see, and repeats with its seed', async () => {
    const first = await tunePrompt(subject, { examples, validation }, options);
    expect(first.prompt).toMatchObject({ name: 'p', tokens: 3, width: 16 });
    expect(first.prompt.embeddings).toHaveLength(48);
    expect(first.history.map(({ step }) => step)).toEqual([0, 6, 12, 18, 24]);
    expect(first.best!.validation).toBeLessThan(first.history[0]!.validation! - 0.2);
    expect(await tunePrompt(subject, { examples, validation }, options)).toEqual(first);
  });

  it('interrupted and resumed gives the same bits', async () => {
    const expected = await tunePrompt(subject, { examples, validation }, options);
    const controller = new AbortController();
    const stopped = tunePrompt(subject, { examples, validation }, options, {
      checkpointDir: dir,
      signal: controller.signal,
      onProgress: ({ step }) => step === 11 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const run = { checkpointDir: dir };
    expect(await tunePrompt(subject, { examples, validation }, options, run)).toEqual(expected);
    const other = { ...options, learningRate: 0.01 };
    await expect(tunePrompt(subject, { examples, validation }, other, run)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
    });
  });

  it('starts from the rows of a text, repeated to length', async () => {
    const still = { ...options, tokens: 5, steps: 1, learningRate: 0 };
    const { prompt } = await tunePrompt(subject, { examples }, { ...still, init: 'text:abc' });
    const rows = Array.from({ length: 5 }, (_, i) => prompt.embeddings.slice(i * 16, i * 16 + 16));
    expect(rows[3]).toEqual(rows[0]);
    expect(rows[4]).toEqual(rows[1]);
    expect(rows[2]).not.toEqual(rows[0]);
  });

  it('refuses prompts longer than the model, empty texts and empty data', async () => {
    const long = { ...options, tokens: 63 };
    await expect(tunePrompt(subject, { examples }, long)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'tokens',
    });
    for (const init of ['text:', 'noise'])
      await expect(tunePrompt(subject, { examples }, { ...options, init })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
        field: 'init',
      });
    await expect(tunePrompt(subject, { examples: [] }, options)).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
  });
});

describe('tuneLora', () => {
  it('starts as the frozen model', async () => {
    const batch = makeBatch(tokenise(subject, examples, {}, 0).slice(0, 4), { size: 4, prefix: 0 });
    const adapter = initialAdapter(subject.model, loraOptions, 9);
    expect([...adapter.modules.keys()]).toEqual(
      [0, 1].flatMap((layer) => [
        `model.layers.${layer}.self_attn.q_proj`,
        `model.layers.${layer}.mlp.down_proj`,
      ]),
    );
    const parameters = Object.fromEntries(
      [...adapter.modules].flatMap(([m, { a, b }]) => [
        [`${m}.a`, a],
        [`${m}.b`, b],
      ]),
    );
    const frozen: Adaptation = {
      name: 'frozen',
      shapes: {},
      prefix: 0,
      apply: (_, ids) => ({
        model: subject.model,
        hidden: forward(subject.model, embed(subject.model, ids)).hidden,
      }),
    };
    const losses = [];
    for (const adaptation of [loraAdaptation(subject.model, adapter, 9), frozen]) {
      const objective = createObjective(subject.engine, adaptation);
      losses.push(await objective.loss(adaptation === frozen ? {} : parameters, [batch]));
      await objective.release();
    }
    expect(losses[0]).toBe(losses[1]);
  });

  it('lowers the loss on facts it did not see, resumable to the same bits', async () => {
    const expected = await tuneLora(subject, { examples, validation }, loraOptions);
    expect(expected.best!.validation).toBeLessThan(expected.history[0]!.validation! - 0.2);
    const module = expected.adapter.modules.get('model.layers.1.mlp.down_proj')!;
    expect(module).toMatchObject({ in: 24, out: 16 });
    expect(module.b.some((value) => value !== 0)).toBe(true);
    const controller = new AbortController();
    const stopped = tuneLora(subject, { examples, validation }, loraOptions, {
      checkpointDir: dir,
      signal: controller.signal,
      onProgress: ({ step }) => step === 7 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const run = { checkpointDir: dir };
    expect(await tuneLora(subject, { examples, validation }, loraOptions, run)).toEqual(expected);
  });

  it('refuses targets that the model does not have', async () => {
    const other = { ...loraOptions, targets: ['c_attn'] };
    await expect(tuneLora(subject, { examples }, other)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      next: expect.stringContaining('q_proj, k_proj, v_proj'),
    });
  });
});

describe('tuneBank', () => {
  const { name: _, ...bankOptions } = options;

  it('tunes a prompt per family and goes on inside the one that was interrupted', async () => {
    const banked = { ...bankOptions, bank: { by: 'family', count: 2 } } as const;
    const data = { examples, validation };
    const expected = await tuneBank(subject, data, banked);
    expect(expected.map(({ prompt }) => prompt.name)).toEqual(['left', 'right']);
    expect(expected[1]!.best).toBeUndefined();
    const controller = new AbortController();
    const stopped = tuneBank(subject, data, banked, {
      checkpointDir: dir,
      signal: controller.signal,
      onProgress: ({ promptIndex, step }) => promptIndex === 1 && step === 5 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const seen: string[] = [];
    const resumed = await tuneBank(subject, data, banked, {
      checkpointDir: dir,
      onProgress: ({ prompt, step }) => seen.push(`${prompt} ${step}`),
    });
    expect(seen[0]).toBe('right 6');
    expect(resumed).toEqual(expected);
  });

  it('shares by clusters of the inputs', async () => {
    const shares = await shareData(
      subject,
      { examples, validation },
      { by: 'clusters', count: 2 },
      { tokens: 3, seed: 1 },
    );
    expect(shares).toHaveLength(2);
    const groups = shares.map(({ train }) => new Set(train.map(({ group }) => group)));
    expect(groups.map((set) => [...set].join()).toSorted()).toEqual(['left', 'right']);
    const left = shares.find(({ train }) => train[0]!.group === 'left')!;
    expect(left.validation).toEqual(validation);
  });

  it('merges neighbouring groups into even families', async () => {
    const groups = ['e', 'd', 'c', 'b', 'a'].flatMap((group) => letterExamples(group, 'xy', 'z'));
    const bank = { by: 'family', count: 2 } as const;
    const shares = await shareData(subject, { examples: groups }, bank, {
      tokens: 3,
      seed: 1,
    });
    expect(shares.map(({ name }) => name)).toEqual(['b+a', 'e+d+c']);
    await expect(
      shareData(subject, { examples: groups }, { by: 'family', count: 6 }, { tokens: 3, seed: 1 }),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', field: 'bank.count' });
  });
});
