import * as tf from '@tensorflow/tfjs-core';
import { createExecutableCache } from '../engine/cache.ts';
import type { Engine, Program, TensorSpec, Tensors } from '../engine/program.ts';
import { negativeLogLikelihood } from '../models/loss.ts';
import { logitsAt, type Model } from '../models/model.ts';
import type { ParameterSet } from './adamw.ts';
import type { Batch } from './batches.ts';

/** How trainable tensors change a frozen model. */
export interface Adaptation {
  readonly name: string;
  /** Trainable tensors by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Virtual tokens in front of every sequence. */
  readonly prefix: number;
  /** ids [batch, length] → last block's output [batch, prefix + length, hidden] and its model. */
  apply(trainable: Tensors, ids: tf.Tensor): { readonly model: Model; readonly hidden: tf.Tensor };
}

/** Loss of an adapted model as a function of its trainable parameters. */
export interface Objective {
  /** Mean negative log-likelihood of the batch's scored tokens, with its gradient. */
  step(parameters: ParameterSet, batch: Batch): Promise<{ loss: number; gradients: ParameterSet }>;
  /** The same mean over all batches' scored tokens, forward only. */
  loss(parameters: ParameterSet, batches: readonly Batch[]): Promise<number>;
  release(): Promise<void>;
}

/** Compiles one program per bucket of lengths and scored rows, when first met. */
export function createObjective(engine: Engine, adaptation: Adaptation): Objective {
  const cache = createExecutableCache(engine);
  const executable = (kind: 'gradient' | 'loss', batch: Batch) =>
    cache.get(`${kind} ${batch.size} ${batch.length} ${batch.rows.length}`, () =>
      objectiveProgram(adaptation, kind, batch),
    );
  const feeds = (parameters: ParameterSet, { ids, rows, targets, weights }: Batch) => ({
    ...parameters,
    'batch.ids': ids,
    'batch.rows': rows,
    'batch.targets': targets,
    'batch.weights': weights,
  });
  return {
    async step(parameters, batch) {
      const program = await executable('gradient', batch);
      const { loss, ...gradients } = await program.run(feeds(parameters, batch));
      return { loss: loss![0]!, gradients: gradients as Record<string, Float32Array> };
    },
    async loss(parameters, batches) {
      let sum = 0;
      let scored = 0;
      for (const batch of batches) {
        const program = await executable('loss', batch);
        const { loss } = await program.run(feeds(parameters, batch));
        sum += loss![0]! * batch.scored;
        scored += batch.scored;
      }
      return sum / scored;
    },
    release: () => cache.release(),
  };
}

type Sizes = Pick<Batch, 'size' | 'length'> & { readonly rows: { readonly length: number } };

/** Outputs `loss` and, for a gradient, one tensor per trainable name. */
function objectiveProgram(
  adaptation: Adaptation,
  kind: 'gradient' | 'loss',
  { size, length, rows }: Sizes,
): Program {
  const names = Object.keys(adaptation.shapes);
  const parameters = Object.entries(adaptation.shapes).map(
    ([name, shape]) => [name, { shape, dtype: 'float32' }] as const,
  );
  const row = (dtype: TensorSpec['dtype']): TensorSpec => ({ shape: [rows.length], dtype });
  return {
    name: `${adaptation.name}-${kind}`,
    inputs: {
      ...Object.fromEntries(parameters),
      'batch.ids': { shape: [size, length], dtype: 'int32' },
      'batch.rows': row('int32'),
      'batch.targets': row('int32'),
      'batch.weights': row('float32'),
    },
    build(inputs) {
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const trainable = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const { model, hidden } = adaptation.apply(trainable, inputs['batch.ids']!);
        const logits = logitsAt(model, hidden, inputs['batch.rows']!);
        const perToken = negativeLogLikelihood(logits, inputs['batch.targets']!);
        return tf.sum(tf.mul(perToken, inputs['batch.weights']!));
      };
      const point = names.map((name) => inputs[name]!);
      if (kind === 'loss') return { loss: loss(...point) };
      const { value, grads } = tf.valueAndGrads(loss)(point);
      return { loss: value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
    },
  };
}
