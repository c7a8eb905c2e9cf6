import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Arm } from '../../../src/core/evaluate/arm.ts';
import { createScorer, type Sequence } from '../../../src/core/evaluate/score.ts';
import { embed } from '../../../src/core/models/model.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import type { SoftPrompt } from '../../../src/core/tune/types.ts';
import { tinyConfig } from '../../support/tiny-llama.ts';
import { plainModel as model } from '../engine/programs.ts';

const random = createRandom(3, 'idp');
const width = tinyConfig.hiddenSize;
const prompt = (name: string, tokens: number): SoftPrompt => ({
  name,
  tokens,
  width,
  embeddings: Float32Array.from({ length: tokens * width }, () => random.normal()),
});
const prompts = [prompt('a', 4), prompt('b', 2), prompt('c', 5), prompt('d', 3)];
const bank = stackBank(prompts);
const sequences: Sequence[] = Array.from({ length: 12 }, (_, i) => ({
  ids: Array.from({ length: 4 + (i % 5) }, () => random.integer(tinyConfig.vocabularySize)),
  scored: 1 + (i % 3),
}));

async function score(arm: Arm, batch = 4, given = sequences) {
  const scorer = createScorer(await openDevice('cpu', { threads: 1 }), arm);
  const scores = await scorer.score(given, { batch });
  await scorer.release();
  return scores;
}

/**
 * The same by the paper's drawing: one sequence of all prompts and the input, prompts masked from
 * each other, and from `layer` on every prompt but the chosen one masked from the input.
 */
async function byMasks({ ids, scored }: Sequence, layer: number, choice: number) {
  const total = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  const size = total + ids.length;
  const starts = prompts.map((_, k) => prompts.slice(0, k).reduce((sum, p) => sum + p.tokens, 0));
  const ownerOf = (position: number) => starts.findLastIndex((start) => start <= position);
  const sees = (row: number, column: number, only: number | undefined) => {
    if (column > row) return false;
    if (row < total) return ownerOf(row) === ownerOf(column);
    return column >= total || only === undefined || ownerOf(column) === only;
  };
  const mask = (only?: number) =>
    tf.tensor2d(
      Float32Array.from({ length: size * size }, (_, i) =>
        sees(Math.floor(i / size), i % size, only) ? 0 : -1e9,
      ),
      [size, size],
    );
  const longest = Math.max(...prompts.map(({ tokens }) => tokens));
  const places = Array.from({ length: size }, (_, i) => {
    if (i >= total) return longest + i - total;
    const k = ownerOf(i);
    return longest - prompts[k]!.tokens + i - starts[k]!;
  });
  const engine = await openDevice('cpu', { threads: 1 });
  const program = await engine.compile({
    name: 'by-masks',
    inputs: {
      ids: { shape: [1, ids.length], dtype: 'int32' },
      prompts: { shape: [1, total, width], dtype: 'float32' },
    },
    build(given) {
      let x = tf.concat([given['prompts']!, embed(model, given['ids']!)], 1);
      const positions = tf.tensor2d(places, [1, size], 'int32');
      let attention: tf.Tensor | undefined;
      for (let l = 0; l < model.config.layers; l++) {
        const block = (only?: number) =>
          model.family.block(model.config, model.weights, l, {
            x,
            positions,
            mask: mask(only),
            positionLimit: size,
          });
        if (l === layer) attention = block().attention;
        x = block(l < layer ? undefined : choice).x;
      }
      const rows = tf.slice(tf.reshape(x, [size, width]), [total, 0], [ids.length, width]);
      const logits = model.family.head(model.config, model.weights, rows);
      return { logs: tf.logSoftmax(logits), attention: tf.mean(attention!, 1) };
    },
  });
  const joined = Float32Array.from(prompts.flatMap((p) => [...p.embeddings]));
  const { logs, attention } = await program.run({ ids: Int32Array.from(ids), prompts: joined });
  await program.release();
  const given = ids.length - scored;
  const nll = ids
    .slice(given)
    .map((id, t) => -logs![(given + t - 1) * tinyConfig.vocabularySize + id]!);
  const scores = prompts.map(({ tokens }, k) => {
    let sum = 0;
    for (let row = 0; row < given; row++)
      for (let j = 0; j < tokens; j++) sum += attention![(total + row) * size + starts[k]! + j]!;
    return sum / given / tokens;
  });
  return { nll, scores };
}

const nlls = (scores: Awaited<ReturnType<typeof score>>) => scores.map((s) => [...s.nll]);

describe('inference-time dynamic prompting', () => {
  it('answers as the chosen prompt alone would at layer 0', async () => {
    const dynamic = await score({ model, bank, selector: { kind: 'idp', layer: 0 } });
    expect(new Set(dynamic.map((s) => s.choice)).size).toBeGreaterThan(1);
    for (const [k, alone] of prompts.entries()) {
      const selector = { kind: 'fixed', prompt: 0 } as const;
      const fixed = await score({ model, bank: stackBank([alone]), selector });
      dynamic.forEach(({ nll, choice }, i) => {
        if (choice !== k) return;
        nll.forEach((value, t) => {
          expect(value).toBeCloseTo(fixed[i]!.nll[t]!, 4);
        });
      });
    }
  });

  it('is one pass: below the layer the input sees all prompts, from it on the chosen one', async () => {
    const layer = 1;
    const dynamic = await score({ model, bank, selector: { kind: 'idp', layer } });
    for (const [i, { nll, choice, scores }] of dynamic.entries()) {
      const whole = await byMasks(sequences[i]!, layer, choice!);
      scores!.forEach((value, k) => {
        expect(value).toBeCloseTo(whole.scores[k]!, 5);
      });
      nll.forEach((value, t) => {
        expect(value).toBeCloseTo(whole.nll[t]!, 4);
      });
    }
  });

  it('chooses the prompt with the largest score', async () => {
    for (const { choice, scores } of await score({
      model,
      bank,
      selector: { kind: 'idp', layer: 1 },
    })) {
      expect(scores).toHaveLength(4);
      expect(choice).toBe(scores!.indexOf(Math.max(...scores!)));
    }
  });

  it('does not depend on the batch that an input is in, nor on its padding', async () => {
    const arm: Arm = { model, bank, selector: { kind: 'idp', layer: 1 } };
    const together = await score(arm, 12);
    const alone = await score(arm, 1);
    together.forEach(({ scores }, i) => {
      scores!.forEach((value, k) => {
        expect(value).toBeCloseTo(alone[i]!.scores![k]!, 6);
      });
    });
  });

  it('chooses by what is given: neither the answer nor its length matters', async () => {
    const arm: Arm = { model, bank, selector: { kind: 'idp', layer: 1 } };
    const given = [3, 14, 15, 9];
    const endings = [[26], [53, 58], [9, 7, 9]];
    const answered = endings.map((e) => ({ ids: [...given, ...e], scored: e.length }));
    const scores = await score(arm, 4, answered);
    for (const { scores: each } of scores)
      each!.forEach((value, k) => {
        expect(value).toBeCloseTo(scores[0]!.scores![k]!, 6);
      });
  });

  it('gives a prompt the same attention whatever its place in the bank', async () => {
    const layer = 0;
    const forwards = await score({ model, bank, selector: { kind: 'idp', layer } });
    const reversed = stackBank([...prompts].reverse());
    const backwards = await score({ model, bank: reversed, selector: { kind: 'idp', layer } });
    forwards.forEach(({ scores }, i) => {
      scores!.forEach((value, k) => {
        expect(value).toBeCloseTo(backwards[i]!.scores![3 - k]!, 6);
      });
    });
  });

  it('measures a sliding window from where prompts stand, not from their place in the bank', async () => {
    const attention = tinyConfig.attention.map((each) => ({ ...each, window: 4 }));
    const sliding = {
      ...{ family: model.family, config: { ...tinyConfig, attention } },
      // Those of the trace at hand.
      get weights() {
        return model.weights;
      },
    };
    const selector = { kind: 'idp', layer: 0 } as const;
    const forwards = await score({ model: sliding, bank, selector });
    const reversed = stackBank([...prompts].reverse());
    const backwards = await score({ model: sliding, bank: reversed, selector });
    forwards.forEach(({ scores }, i) => {
      scores!.forEach((value, k) => {
        expect(value).toBeCloseTo(backwards[i]!.scores![3 - k]!, 6);
      });
    });
    const wide = await score({ model, bank, selector });
    expect(forwards[0]!.scores).not.toEqual(wide[0]!.scores);
  });

  it('is not won by length: a prompt of one repeated row scores the same at 2 and 6 tokens', async () => {
    const row = prompts[0]!.embeddings.slice(0, width);
    const repeated = (tokens: number): SoftPrompt => ({
      name: `${tokens}`,
      tokens,
      width,
      embeddings: Float32Array.from({ length: tokens * width }, (_, i) => row[i % width]!),
    });
    const pair = stackBank([repeated(2), repeated(6)]);
    const scores = await score({ model, bank: pair, selector: { kind: 'idp', layer: 0 } });
    for (const { scores: pairScores } of scores) {
      const [short, long] = pairScores as [number, number];
      // Positions differ, so the attention is not identical; length itself would give a factor 3.
      expect(long / short).toBeGreaterThan(0.5);
      expect(long / short).toBeLessThan(2);
    }
  });

  it('keeps the tail of an input that is too long for the model', async () => {
    const long = { ids: Array.from({ length: 300 }, (_, i) => i % 60), scored: 2 };
    const [cut] = await score({ model }, 1, [long]);
    // 128 positions are read; the token behind them is only predicted.
    const [tail] = await score({ model }, 1, [{ ids: long.ids.slice(-129), scored: 2 }]);
    expect(nlls([cut!])).toEqual(nlls([tail!]));
  });
});
