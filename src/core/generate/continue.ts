import { bucket } from '../engine/buckets.ts';
import { createExecutableCache } from '../engine/cache.ts';
import type { Engine, Program } from '../engine/program.ts';
import { embed, forward, logitsAt, type Model } from '../models/model.ts';
import type { ParameterSet } from '../tune/adamw.ts';
import type { Adaptation } from '../tune/objective.ts';
import { argMax } from './sampling.ts';

/**
 * How a few texts go on, asked again and again while something is tuned that reads nothing
 * of a batch but its tokens.
 */
export interface Continuations {
  /** Token ids behind each text, greedily chosen. */
  of(adaptation: Adaptation, parameters: ParameterSet): Promise<number[][]>;
  release(): Promise<void>;
}

export interface ContinueOptions {
  /** Ids of each text; all must leave room in the model's positions. */
  readonly texts: readonly (readonly number[])[];
  /** Most tokens to add. */
  readonly tokens: number;
  /** A continuation ends before these ids. */
  readonly stop: readonly number[];
}

/**
 * Trainable tensors are inputs, so that one compiled program serves every step. All texts are one
 * batch, read whole for every token: for a few short ones that is less than a training step.
 */
export function createContinuations(
  engine: Engine,
  { texts, tokens, stop }: ContinueOptions,
): Continuations {
  const programs = createExecutableCache(engine);
  const longest = Math.max(...texts.map(({ length }) => length)) + tokens;

  return {
    async of(adaptation, parameters) {
      const { name, prefix } = adaptation;
      const length = bucket(longest);
      const ids = new Int32Array(texts.length * length);
      for (const [i, text] of texts.entries()) ids.set(text, i * length);
      const program = await programs.get(`${name} ${prefix}`, () =>
        nextTokenProgram(adaptation, texts.length, length),
      );
      const added: number[][] = texts.map(() => []);
      const ended = new Set<number>();
      for (let token = 0; token < tokens && ended.size < texts.length; token++) {
        const rows = Int32Array.from(
          texts,
          (text, i) => i * (prefix + length) + prefix + text.length + token - 1,
        );
        const outputs = await program.run({ ...parameters, 'text.ids': ids, 'text.rows': rows });
        const logits = outputs.logits as Float32Array;
        const vocabulary = logits.length / texts.length;
        for (const [i, text] of texts.entries()) {
          const id = argMax(logits.subarray(i * vocabulary, (i + 1) * vocabulary));
          ids[i * length + text.length + token] = id;
          if (stop.includes(id)) ended.add(i);
          if (!ended.has(i)) added[i]!.push(id);
        }
      }
      return added;
    },
    release: () => programs.release(),
  };
}

/** `logits` [texts, vocabulary] at one row of each text. */
function nextTokenProgram(adaptation: Adaptation, texts: number, length: number): Program {
  const parameters = Object.entries(adaptation.shapes).map(
    ([name, shape]) => [name, { shape, dtype: 'float32' }] as const,
  );
  return {
    name: `${adaptation.name}-next`,
    inputs: {
      ...Object.fromEntries(parameters),
      'text.ids': { shape: [texts, length], dtype: 'int32' },
      'text.rows': { shape: [texts], dtype: 'int32' },
    },
    build({ 'text.ids': ids, 'text.rows': rows, ...trainable }) {
      const { model, hidden } = adaptation.apply(trainable, ids!, {});
      return { logits: logitsAt(model, hidden, rows!) };
    },
  };
}

/** The model as it is. */
export const noAdaptation = (model: Model): Adaptation => ({
  name: 'none',
  shapes: {},
  prefix: 0,
  apply: (_, ids) => ({ model, hidden: forward(model, embed(model, ids)).hidden }),
});
