import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScorer } from '../../../src/core/evaluate/score.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { idpRouting } from '../../../src/core/select/idp.ts';
import { scoreShares } from '../../../src/core/select/selector.ts';
import type { ParameterSet } from '../../../src/core/tune/adamw.ts';
import { tuneBank } from '../../../src/core/tune/bank.ts';
import { makeBatch } from '../../../src/core/tune/batches.ts';
import { createDropout } from '../../../src/core/tune/dropout.ts';
import { jointAdaptation, tuneJointly } from '../../../src/core/tune/joint.ts';
import {
  adapterParameters,
  initialAdapter,
  loraAdaptation,
  tuneLora,
} from '../../../src/core/tune/lora.ts';
import { type Adaptation, createObjective } from '../../../src/core/tune/objective.ts';
import { prefixAdaptation, prefixWidth, tunePrefix } from '../../../src/core/tune/prefix.ts';
import { type PromptOptions, promptAdaptation, tunePrompt } from '../../../src/core/tune/prompt.ts';
import { encodePair } from '../../../src/core/tune/sequences.ts';
import { shareData } from '../../../src/core/tune/shares.ts';
import { silhouette } from '../../../src/core/tune/silhouette.ts';
import type { Progress } from '../../../src/core/tune/train.ts';
import { tokenise } from '../../../src/core/tune/tune.ts';
import { loraScale } from '../../../src/core/tune/types.ts';
import { WARM_START } from '../../../src/core/tune/warm-start.ts';
import { letterExamples, tinySubject } from './tiny.ts';

const subject = tinySubject();
const { model } = subject;
const left = letterExamples('left', 'abcdefgh', 'yes');
const right = letterExamples('right', 'pqrstu', 'no');
const data = {
  examples: [...left, ...right],
  validation: [...letterExamples('left', 'ijk', 'yes'), ...letterExamples('right', 'vw', 'no')],
};
const options: PromptOptions = {
  name: 'p',
  tokens: 3,
  init: 'vocabulary',
  steps: 24,
  batch: 4,
  learningRate: 0.05,
  warmup: 3,
  clip: 1,
  weightDecay: 0,
  seed: 9,
  validateEvery: 12,
};
const lora = {
  rank: 2,
  alpha: 4,
  dropout: 0,
  rankStabilized: false,
  targets: ['q_proj', 'down_proj'],
};

const noise = (length: number, scale: number, seed: number) => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal() * scale);
};

/** Central differences of the compiled loss. */
async function expectGradient(adaptation: Adaptation, parameters: ParameterSet) {
  const { prefix, past = 0 } = adaptation;
  const sequences = tokenise(
    subject,
    [...left.slice(0, 2), ...right.slice(0, 2)],
    {},
    prefix,
    past,
  );
  const batch = makeBatch(sequences, { size: 4, prefix });
  const objective = createObjective(subject.engine, adaptation);
  const { loss, gradients } = await objective.step(parameters, batch);
  expect(await objective.loss(parameters, [batch])).toBeCloseTo(loss, 5);
  for (const [name, values] of Object.entries(parameters)) {
    const gradient = gradients[name]!;
    const size = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
    // Half along the gradient, so that the slope is never lost in rounding.
    const direction = noise(values.length, 1, name.length).map((n, i) => n + gradient[i]! / size);
    const h = 3e-3;
    const at = (sign: number) => values.map((v, i) => v + sign * h * direction[i]!);
    const up = await objective.loss({ ...parameters, [name]: at(1) }, [batch]);
    const down = await objective.loss({ ...parameters, [name]: at(-1) }, [batch]);
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect((up - down) / (2 * h) / slope).toBeCloseTo(1, 1);
  }
  await objective.release();
}

describe('prefix tuning', () => {
  it('has the gradient of its loss', () =>
    expectGradient(prefixAdaptation(model, 3), {
      prefix: noise(3 * prefixWidth(model.config), 0.3, 2),
    }));

  it('starts exactly as good as the prompt that it starts from, and learns', async () => {
    const still = { ...options, steps: 1, learningRate: 1e-9 };
    const prompt = await tunePrompt(subject, data, still);
    const prefix = await tunePrefix(subject, data, options);
    expect(prefix.history[0]!.validation).toBeCloseTo(prompt.history[0]!.validation!, 4);
    expect(prefix.best!.validation).toBeLessThan(prefix.history[0]!.validation! - 0.2);
    expect(prefix.prefix).toMatchObject({ tokens: 3, layers: 2, keyValueHeads: 2, headDim: 4 });
    expect(await tunePrefix(subject, data, options)).toEqual(prefix);
  });
});

describe('LoRA', () => {
  it('is scaled by alpha over the rank, or over its root', () => {
    expect(loraScale({ rank: 16, alpha: 8, rankStabilized: false })).toBe(0.5);
    expect(loraScale({ rank: 16, alpha: 8, rankStabilized: true })).toBe(2);
  });

  it('drops inputs in steps alone: other ones at every step, the same at the same step', async () => {
    const adapter = initialAdapter(model, { ...lora, dropout: 0.5 }, 1);
    const parameters = adapterParameters(adapter);
    for (const [name, values] of Object.entries(parameters))
      if (name.endsWith('.b')) values.set(noise(values.length, 0.5, 3));
    const batch = makeBatch(tokenise(subject, left, {}, 0), { size: 8, prefix: 0 });
    const dropping = createObjective(subject.engine, loraAdaptation(model, adapter, 1));
    const whole = { ...adapter, dropout: 0 };
    const plain = createObjective(subject.engine, loraAdaptation(model, whole, 1));
    const lossAt = async (step: number) => (await dropping.step(parameters, batch, step)).loss;
    expect(await lossAt(5)).toBe(await lossAt(5));
    expect(await lossAt(5)).not.toBeCloseTo(await lossAt(6), 4);
    expect(await dropping.loss(parameters, [batch])).toBe(await plain.loss(parameters, [batch]));
    await dropping.release();
    await plain.release();
  });

  it('drops the share that was asked for, and keeps the mean', async () => {
    const dropout = createDropout({
      share: 0.3,
      seed: 1,
      prefix: 0,
      layers: [
        { module: 'other', in: 5 },
        { module: 'm', in: 200 },
      ],
    });
    const batch = makeBatch(tokenise(subject, left, {}, 0), { size: 8, prefix: 0 });
    const rows = batch.size * batch.length;
    const program = await subject.engine.compile({
      name: 'dropout',
      inputs: {
        x: { shape: [rows, 200], dtype: 'float32' },
        ...dropout.extra.specs('gradient', batch),
      },
      build: (inputs) => ({ y: dropout.apply(inputs)('m', inputs['x']!) }),
    });
    const x = new Float32Array(rows * 200).fill(1);
    const { y } = await program.run({ x, ...dropout.extra.feeds('gradient', batch, 0) });
    await program.release();
    const values = [...y!];
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(dropped).toBeGreaterThan(0.25);
    expect(dropped).toBeLessThan(0.35);
    expect(new Set(values.filter((value) => value !== 0).map((v) => v.toFixed(4)))).toEqual(
      new Set(['1.4286']),
    );
  });

  it('interrupted and resumed gives the same bits with dropout', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kintsugi-dropout-'));
    const dropping = { ...options, ...lora, dropout: 0.2 };
    const expected = await tuneLora(subject, data, dropping);
    const controller = new AbortController();
    const stopped = tuneLora(subject, data, dropping, {
      checkpointDir: dir,
      signal: controller.signal,
      onProgress: ({ step }) => step === 7 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await tuneLora(subject, data, dropping, { checkpointDir: dir })).toEqual(expected);
    await rm(dir, { recursive: true });
  });

  it('refuses a dropout that leaves nothing', async () => {
    await expect(
      tuneLora(subject, data, { ...options, ...lora, dropout: 1 }),
    ).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'dropout',
    });
  });
});

describe('warm start', () => {
  it('goes on from where another prompt ended', async () => {
    const first = await tunePrompt(subject, data, options);
    const again = await tunePrompt(subject, data, { ...options, start: first.prompt });
    expect(again.history[0]!.validation).toBeCloseTo(first.best!.validation, 6);
  });

  it('refuses a prompt of another width', async () => {
    const start = { width: 8, embeddings: new Float32Array(16) };
    await expect(tunePrompt(subject, data, { ...options, start })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'init',
    });
  });
});

describe('a bank in one pass', () => {
  const bank = { by: 'family', count: 2 } as const;

  it('has the gradient of its loss, with an adapter beside it', async () => {
    const adapter = initialAdapter(model, lora, 9);
    const parameters = adapterParameters(adapter);
    for (const [name, values] of Object.entries(parameters))
      if (name.endsWith('.b')) values.set(noise(values.length, 0.1, 4));
    await expectGradient(
      jointAdaptation(model, ['left', 'right'], 3, { lora: { adapter, seed: 9 } }),
      {
        prompts: noise(2 * 3 * 16, 0.3, 2),
        ...parameters,
      },
    );
  });

  it('gives each family its own prompt: as in turn, not as one for all', async () => {
    const joint = await tuneJointly(subject, data, { ...options, bank });
    expect(joint.prompts.map(({ name }) => name)).toEqual(['left', 'right']);
    expect(joint.adapter).toBeUndefined();
    const objective = createObjective(subject.engine, promptAdaptation(model, 3));
    const loss = async (prompt: number, group: 'left' | 'right') => {
      const held = data.validation.filter((example) => example.group === group);
      const batch = makeBatch(tokenise(subject, held, {}, 3), { size: 4, prefix: 3 });
      return objective.loss({ prompt: joint.prompts[prompt]!.embeddings }, [batch]);
    };
    expect(await loss(0, 'left')).toBeLessThan((await loss(1, 'left')) - 0.5);
    expect(await loss(1, 'right')).toBeLessThan((await loss(0, 'right')) - 0.5);
    await objective.release();
  });

  it('with routing: has the gradient of its loss, and own prompts come to be attended to', async () => {
    const routing = idpRouting(1, 0);
    await expectGradient(jointAdaptation(model, ['left', 'right'], 3, { routing }), {
      prompts: noise(2 * 3 * 16, 0.3, 2),
    });
    const ownShare = async (tuned: Awaited<ReturnType<typeof tuneJointly>>) => {
      const scorer = createScorer(subject.engine, {
        model,
        bank: stackBank(tuned.prompts),
        selector: { kind: 'idp', layer: 0 },
      });
      const held = data.validation.map(({ context, target }) =>
        encodePair(subject.tokenizer, context, target),
      );
      const scores = await scorer.score(held);
      await scorer.release();
      const shares = scores.map(({ scores: each }, i) => scoreShares('idp', each!)[i < 3 ? 0 : 1]!);
      return shares.reduce((a, b) => a + b, 0) / shares.length;
    };
    const asked = { ...options, bank };
    const plain = await ownShare(await tuneJointly(subject, data, asked));
    const routed = await tuneJointly(subject, data, { ...asked, routing: idpRouting(3, 0) });
    expect(await ownShare(routed)).toBeGreaterThan(plain + 0.01);
  });

  it('is tuned with an adapter as one', async () => {
    const tuned = await tuneJointly(subject, data, { ...options, bank, lora });
    expect(tuned.adapter!.modules.size).toBe(4);
    expect(tuned.best!.validation).toBeLessThan(tuned.history[0]!.validation! - 0.2);
  });

  it('is refused where every prompt reads all the data', async () => {
    const by = { by: 'seeds', count: 2 } as const;
    await expect(tuneJointly(subject, data, { ...options, bank: by })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'bank.by',
    });
  });
});

describe('a bank with a warm start', () => {
  const bank = { by: 'family', count: 2, warmStart: 6 } as const;
  const cold = { by: 'family', count: 2 } as const;
  const steps = options.steps;

  const started = async () => {
    const first = { ...options, steps: bank.warmStart, name: WARM_START };
    return (await tunePrompt(subject, data, first)).prompt;
  };

  it('goes on, in turn, from a prompt that was tuned on everything', async () => {
    const start = await started();
    const seen: string[] = [];
    const tuned = await tuneBank(
      subject,
      data,
      { ...options, bank },
      {
        onProgress: ({ prompt, promptIndex, prompts }) =>
          seen.push(`${promptIndex + 1} of ${prompts}: ${prompt}`),
      },
    );
    expect(tuned).toEqual(await tuneBank(subject, data, { ...options, bank: cold, start }));
    expect([...new Set(seen)]).toEqual(['1 of 3: warm start', '2 of 3: left', '3 of 3: right']);
  });

  it('goes on in one pass, counts its steps in one row, and is resumed within either', async () => {
    const start = await started();
    const expected = await tuneJointly(subject, data, { ...options, bank: cold, start });
    const dir = await mkdtemp(join(tmpdir(), 'kintsugi-warm-start-'));
    const seen: number[] = [];
    const upTo = (last: number) => {
      const controller = new AbortController();
      const run = {
        checkpointDir: dir,
        signal: controller.signal,
        onProgress: ({ step, steps: all }: Progress) => {
          expect(all).toBe(bank.warmStart + steps);
          seen.push(step);
          if (step === last) controller.abort();
        },
      };
      return tuneJointly(subject, data, { ...options, bank }, run);
    };
    try {
      await expect(upTo(4)).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(upTo(9)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await upTo(0)).toEqual(expected);
    } finally {
      await rm(dir, { recursive: true });
    }
    expect(seen).toEqual(Array.from({ length: bank.warmStart + steps }, (_, i) => i + 1));
  });
});

describe('how prompts of a bank differ', () => {
  it('by length: each is half of the next', async () => {
    const bank = { by: 'length', count: 3 } as const;
    const tuned = await tuneBank(subject, data, { ...options, steps: 2, tokens: 4, bank });
    expect(tuned.map(({ prompt }) => [prompt.name, prompt.tokens])).toEqual([
      ['1 tokens', 1],
      ['2 tokens', 2],
      ['4 tokens', 4],
    ]);
  });

  it('by seeds: the same data from other starts', async () => {
    const bank = { by: 'seeds', count: 2 } as const;
    const shares = await shareData(subject, data, bank, options);
    expect(shares.map(({ seed, train }) => [seed, train.length])).toEqual([
      [9, 14],
      [1_000_012, 14],
    ]);
  });

  it('finds the number of clusters by silhouette', async () => {
    const shares = await shareData(subject, data, { by: 'clusters', count: 'auto' }, options);
    expect(shares).toHaveLength(2);
  });

  it.each([
    [
      'count',
      { by: 'clusters', count: 20 },
      /20 clusters need as many different inputs, there are 19/,
    ],
    ['count', { by: 'length', count: 4 }, /3 tokens can be halved for 2 prompts/],
    ['count', { by: 'family', count: 'auto' }, /Only a bank by clusters/],
    ['warmStart', { by: 'seeds', count: 2, warmStart: 1 }, /would not differ/],
  ] as const)('refuses, for its %s, %j', async (field, bank, message) => {
    await expect(shareData(subject, data, bank, options)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: `bank.${field}`,
      message: expect.stringMatching(message),
    });
  });

  it('silhouettes of two pairs on a line, by hand', () => {
    const points = Float32Array.of(0, 1, 10, 11);
    const outer = 1 - 1 / 10.5;
    const inner = 1 - 1 / 9.5;
    expect(silhouette(points, 1, [0, 0, 1, 1])).toBeCloseTo((outer + inner) / 2, 6);
    expect(silhouette(points, 1, [0, 1, 1, 1])).toBeLessThan(0.5);
  });
});
