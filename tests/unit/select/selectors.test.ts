import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/core/evaluate/arm.ts';
import { createSelectorFitter } from '../../../src/core/evaluate/fit-selector.ts';
import { createScorer, type Sequence } from '../../../src/core/evaluate/score.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { centroidKeys, promptKeys } from '../../../src/core/select/key.ts';
import { tuneMixture } from '../../../src/core/select/mixture.ts';
import { learnClassifier, learnKeys, type RoutingData } from '../../../src/core/select/router.ts';
import {
  type Selector,
  scoreShares,
  selectorOfSome,
  selectorParameters,
} from '../../../src/core/select/selector.ts';
import { embedTokens } from '../../../src/core/tune/embeddings.ts';
import { tuneJointly } from '../../../src/core/tune/joint.ts';
import { encodePair } from '../../../src/core/tune/sequences.ts';
import type { SoftPrompt } from '../../../src/core/tune/types.ts';
import { letterExamples, tinySubject } from '../tune/tiny.ts';

const subject = tinySubject();
const { model, engine } = subject;
const width = model.config.hiddenSize;
const random = createRandom(3, 'selectors');
const prompt = (name: string, tokens: number): SoftPrompt => ({
  name,
  tokens,
  width,
  embeddings: Float32Array.from({ length: tokens * width }, () => random.normal() / 3),
});
const prompts = [prompt('a', 3), prompt('b', 3), prompt('c', 3)];
const bank = stackBank(prompts);
const sequences: Sequence[] = Array.from({ length: 9 }, (_, i) => ({
  ids: Array.from({ length: 4 + (i % 4) }, () => random.integer(30)),
  scored: 1 + (i % 2),
}));

async function score(selector: Selector, batch = 4, arm: Partial<Arm> = {}) {
  const scorer = createScorer(engine, { model, bank, selector, ...arm });
  const scores = await scorer.score(sequences, { batch });
  await scorer.release();
  return scores;
}

/** Mean embeddings of what is given of each sequence, by hand. */
async function givenMeans(): Promise<number[][]> {
  return Promise.all(
    sequences.map(async ({ ids, scored }) => {
      const given = ids.slice(0, ids.length - scored);
      const rows = await embedTokens(engine, model, given);
      return Array.from({ length: width }, (_, d) => {
        let sum = 0;
        for (let t = 0; t < given.length; t++) sum += rows[t * width + d]!;
        return sum / given.length;
      });
    }),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

describe('selectors that read the mean embedding', () => {
  it('key: the cosine with every key, by hand; the nearest is kept', async () => {
    const values = promptKeys(prompts);
    const selected = await score({ kind: 'key', keys: 'prompts', values });
    const means = await givenMeans();
    selected.forEach(({ scores, choice }, i) => {
      const byHand = [0, 1, 2].map((k) => {
        const key = values.subarray(k * width, (k + 1) * width);
        const lengths = Math.sqrt(dot(key, key) * dot(means[i]!, means[i]!));
        return dot(means[i]!, key) / lengths;
      });
      byHand.forEach((cosine, k) => {
        expect(scores![k]).toBeCloseTo(cosine, 5);
      });
      expect(choice).toBe(byHand.indexOf(Math.max(...byHand)));
    });
  });

  it('classifier: a linear layer, by hand', async () => {
    const weights = Float32Array.from({ length: 3 * width }, () => random.normal());
    const bias = Float32Array.of(0.1, -0.2, 0.3);
    const selected = await score({ kind: 'classifier', weights, bias });
    const means = await givenMeans();
    selected.forEach(({ scores }, i) => {
      scores!.forEach((value, k) => {
        const row = weights.subarray(k * width, (k + 1) * width);
        expect(value).toBeCloseTo(dot(means[i]!, row) + bias[k]!, 4);
      });
    });
    expect(selectorParameters({ kind: 'classifier', weights, bias })).toBe(3 * width + 3);
  });

  it('keys of prompts are their mean rows; centroids those of what they answer best', () => {
    const two = [0, 1].map((i) => ({
      name: String(i),
      tokens: 2,
      width: 2,
      embeddings: Float32Array.of(i, 1, i, 3),
    }));
    expect([...promptKeys(two)]).toEqual([0, 2, 1, 2]);
    const inputs = Float32Array.of(1, 0, 3, 0);
    expect([...centroidKeys(inputs, [1, 1], promptKeys(two), 2)]).toEqual([0, 2, 2, 0]);
  });
});

describe('learned selectors', () => {
  /** Inputs on two sides of a line through noise; each side has its prompt. */
  function routing(seed: number): RoutingData {
    const draw = createRandom(seed, 'routing');
    const n = 200;
    const inputs = new Float32Array(n * 4);
    const losses = new Float32Array(n * 2);
    for (let i = 0; i < n; i++) {
      const side = draw.uniform() < 0.5 ? 0 : 1;
      for (let d = 0; d < 4; d++) inputs[i * 4 + d] = 5 + draw.normal();
      inputs[i * 4 + 1]! += side === 0 ? 3 : -3;
      losses[i * 2 + side] = 1;
      losses[i * 2 + 1 - side] = 2;
    }
    return { inputs, losses, count: 2, width: 4 };
  }

  const agreement = (data: RoutingData, choose: (row: Float32Array) => number) => {
    let right = 0;
    const n = data.losses.length / 2;
    for (let i = 0; i < n; i++) {
      const picked = choose(data.inputs.subarray(i * 4, i * 4 + 4));
      if (data.losses[i * 2 + picked]! === 1) right++;
    }
    return right / n;
  };

  it('classifier: finds the sides from losses alone, on inputs that it never saw', () => {
    const { weights, bias } = learnClassifier(routing(1));
    const choose = (row: Float32Array) =>
      dot(row, weights.subarray(0, 4)) + bias[0]! > dot(row, weights.subarray(4)) + bias[1]!
        ? 0
        : 1;
    expect(agreement(routing(2), choose)).toBeGreaterThan(0.95);
  });

  it('keys: better than where they started', () => {
    const start = Float32Array.of(1, 1, 1, 1.2, 1.2, 1, 1, 1);
    const chooseBy = (keys: Float32Array) => (row: Float32Array) => {
      const cosine = (key: Float32Array) => dot(row, key) / Math.sqrt(dot(key, key));
      return cosine(keys.subarray(0, 4)) > cosine(keys.subarray(4)) ? 0 : 1;
    };
    const before = agreement(routing(2), chooseBy(start));
    const after = agreement(routing(2), chooseBy(learnKeys(routing(1), start)));
    expect(after).toBeGreaterThan(0.9);
    expect(after).toBeGreaterThan(before + 0.2);
  });
});

describe('by lot', () => {
  it('draws by the given tokens alone, whatever batch they are in', async () => {
    const selector = { kind: 'random', seed: 5 } as const;
    const together = (await score(selector, 9)).map(({ choice }) => choice);
    const alone = (await score(selector, 1)).map(({ choice }) => choice);
    expect(together).toEqual(alone);
    expect(new Set(together).size).toBeGreaterThan(1);
    const other = (await score({ kind: 'random', seed: 6 }, 9)).map(({ choice }) => choice);
    expect(other).not.toEqual(together);
  });
});

describe('soft mixture', () => {
  it('mixes all prompts alike before it has learned', async () => {
    const rank = 2;
    const down = Float32Array.from({ length: rank * width }, () => random.normal());
    const up = new Float32Array(width * rank);
    const mixed = await score({ kind: 'mixture', rank, down, up });
    const mean = prompts[0]!.embeddings.map(
      (_, i) => prompts.reduce((sum, { embeddings }) => sum + embeddings[i]!, 0) / 3,
    );
    const one = stackBank([{ name: 'mean', tokens: 3, width, embeddings: mean }]);
    const fixed = await score({ kind: 'fixed', prompt: 0 }, 4, { bank: one });
    mixed.forEach(({ nll, scores }, i) => {
      scores!.forEach((weight) => {
        expect(weight).toBeCloseTo(1 / 3, 5);
      });
      nll.forEach((value, t) => {
        expect(value).toBeCloseTo(fixed[i]!.nll[t]!, 4);
      });
    });
  });

  it('refuses prompts of different lengths', async () => {
    const ragged = stackBank([prompts[0]!, prompt('long', 5)]);
    const data = { examples: letterExamples('left', 'ab', 'yes') };
    await expect(tuneMixture(subject, ragged, data, { ...tuning, rank: 2 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'selector.kind',
    });
  });
});

const tuning = {
  steps: 30,
  batch: 4,
  learningRate: 0.05,
  warmup: 3,
  clip: 1,
  weightDecay: 0,
  seed: 9,
};

describe('fitting to a tuned bank', async () => {
  const data = {
    examples: [
      ...letterExamples('left', 'abcdefgh', 'yes'),
      ...letterExamples('right', 'pqrstu', 'no'),
    ],
    validation: [...letterExamples('left', 'ijk', 'yes'), ...letterExamples('right', 'vw', 'no')],
  };
  const split = { by: 'family', count: 2 } as const;
  const options = { ...tuning, tokens: 3, init: 'vocabulary', bank: split };
  const tuned = (await tuneJointly(subject, data, options)).prompts;
  const fitter = createSelectorFitter(subject, tuned, data, tuning);
  const asRead = (examples: typeof data.examples) =>
    examples.map(({ context, target }) => encodePair(subject.tokenizer, context, target));
  const held = asRead(data.validation);
  const choices = async (selector: Selector) => {
    const scorer = createScorer(engine, { model, bank: stackBank(tuned), selector });
    const scores = await scorer.score(held);
    await scorer.release();
    return scores.map(({ choice }) => choice);
  };
  const own = [0, 0, 0, 1, 1];

  it('a classifier, centroids and learned keys send each family to its prompt', async () => {
    expect(await choices(await fitter.fit({ kind: 'classifier' }))).toEqual(own);
    expect(await choices(await fitter.fit({ kind: 'key', keys: 'centroids' }))).toEqual(own);
    expect(await choices(await fitter.fit({ kind: 'key', keys: 'learned' }))).toEqual(own);
  });

  it('one prompt for all is the best on validation', async () => {
    const fixed = await fitter.fit({ kind: 'fixed' });
    expect(fixed).toMatchObject({ kind: 'fixed' });
    const losses = [];
    for (const index of [0, 1]) {
      const arm = {
        model,
        bank: stackBank(tuned),
        selector: { kind: 'fixed', prompt: index } as const,
      };
      const scorer = createScorer(engine, arm);
      const scores = await scorer.score(held);
      await scorer.release();
      losses.push(scores.flatMap(({ nll }) => [...nll]).reduce((a, b) => a + b, 0));
    }
    expect(fixed).toMatchObject({ prompt: losses.indexOf(Math.min(...losses)) });
  });

  it('what the tuning data would choose has no say in it', async () => {
    const [left, right] = ['left', 'right'].map((family) =>
      data.examples.filter(({ group }) => group === family),
    );
    for (const [examples, validation, best] of [
      [left!, right!, 1],
      [right!, left!, 0],
    ] as const) {
      const fitted = createSelectorFitter(subject, tuned, { examples, validation }, tuning);
      expect(await fitted.fit({ kind: 'fixed' })).toEqual({ kind: 'fixed', prompt: best });
    }
  });

  it('calibration takes each prompt’s usual attention off', async () => {
    const selector = await fitter.fit({ kind: 'idp-calibrated', layer: 0 });
    const scorer = createScorer(engine, { model, bank: stackBank(tuned), selector });
    const scores = (await scorer.score(asRead(data.examples))).map(({ scores: each }) => each!);
    await scorer.release();
    for (const k of [0, 1]) {
      const mean = scores.reduce((sum, row) => sum + row[k]!, 0) / scores.length;
      const square = scores.reduce((sum, row) => sum + row[k]! ** 2, 0) / scores.length;
      expect(mean).toBeCloseTo(0, 3);
      expect(square).toBeCloseTo(1, 3);
    }
  });

  it('a mixture learns to do better than mixing all alike', async () => {
    const selector = await fitter.fit({ kind: 'mixture', rank: 4 });
    if (selector.kind !== 'mixture') throw new Error('not a mixture');
    const loss = async (tried: Selector) => {
      const scorer = createScorer(engine, { model, bank: stackBank(tuned), selector: tried });
      const scores = await scorer.score(held);
      await scorer.release();
      return scores.flatMap(({ nll }) => [...nll]).reduce((a, b) => a + b, 0);
    };
    const alike = { ...selector, up: new Float32Array(selector.up.length) };
    expect(await loss(selector)).toBeLessThan(await loss(alike));
  });
});

describe('shares', () => {
  it('are of the whole for attention, and softmax of anything else', () => {
    expect(scoreShares('idp', [1, 3])).toEqual([0.25, 0.75]);
    const [first, second] = scoreShares('key', [0, Math.log(3)]);
    expect(first).toBeCloseTo(0.25, 12);
    expect(second).toBeCloseTo(0.75, 12);
  });
});

describe('some prompts of a bank', () => {
  it('keeps what was learned of them, in the new order', () => {
    const keys = {
      kind: 'key',
      keys: 'learned',
      values: Float32Array.of(1, 2, 3, 4, 5, 6),
    } as const;
    expect(selectorOfSome(keys, 3, [2, 0])).toEqual({
      ...keys,
      values: Float32Array.of(5, 6, 1, 2),
    });
    const classifier = {
      kind: 'classifier',
      weights: Float32Array.of(1, 2, 3, 4),
      bias: Float32Array.of(5, 6),
    } as const;
    expect(selectorOfSome(classifier, 2, [1])).toEqual({
      kind: 'classifier',
      weights: Float32Array.of(3, 4),
      bias: Float32Array.of(6),
    });
    expect(selectorOfSome({ kind: 'fixed', prompt: 2 }, 3, [0, 2])).toEqual({
      kind: 'fixed',
      prompt: 1,
    });
  });

  it('falls back on IDP when the one prompt that was always kept is gone', () => {
    expect(selectorOfSome({ kind: 'fixed', prompt: 1 }, 2, [0])).toEqual({ kind: 'idp', layer: 0 });
  });
});
