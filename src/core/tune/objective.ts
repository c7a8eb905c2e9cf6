import * as tf from '@tensorflow/tfjs-core';
import { createExecutableCache } from '../engine/cache.ts';
import type { Arrays, Engine, Program, TensorSpec, Tensors } from '../engine/program.ts';
import { negativeLogLikelihood } from '../models/loss.ts';
import { logitsAt, type Model } from '../models/model.ts';
import type { ParameterSet } from './adamw.ts';
import type { Batch } from './batches.ts';

/** A step of tuning, with its gradient and dropout, or a mere loss. */
export type ObjectiveKind = 'gradient' | 'loss';

export type BatchSizes = Pick<Batch, 'size' | 'length'>;

/** What an adaptation reads of a batch besides its tokens. */
export interface ExtraInputs {
  specs(kind: ObjectiveKind, sizes: BatchSizes): Record<string, TensorSpec>;
  /** @param step index of the step, of which alone (and the batch) they must follow */
  feeds(kind: ObjectiveKind, batch: Batch, step: number): Arrays;
}

export interface Adapted {
  readonly model: Model;
  /** Last block's output [batch, prefix + length, hidden]. */
  readonly hidden: tf.Tensor;
  /** A scalar that is added to the loss. */
  readonly penalty?: tf.Tensor;
}

/** How trainable tensors change a frozen model. */
export interface Adaptation {
  readonly name: string;
  /** Trainable tensors by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Virtual tokens in front of every sequence. */
  readonly prefix: number;
  /** Positions in front of the sequence that have keys and values but no rows. */
  readonly past?: number;
  readonly extra?: ExtraInputs;
  /** @param ids [batch, length] */
  apply(trainable: Tensors, ids: tf.Tensor, extra: Tensors): Adapted;
}

/** Loss of an adapted model as a function of its trainable parameters. */
export interface Objective {
  /** Mean negative log-likelihood of the batch's scored tokens, with its gradient. */
  step(
    parameters: ParameterSet,
    batch: Batch,
    index?: number,
  ): Promise<{ loss: number; gradients: ParameterSet }>;
  /** The same mean over all batches' scored tokens, forward only. */
  loss(parameters: ParameterSet, batches: readonly Batch[]): Promise<number>;
  release(): Promise<void>;
}

/** Compiles one program per bucket of lengths and scored rows, when first met. */
export function createObjective(engine: Engine, adaptation: Adaptation): Objective {
  const cache = createExecutableCache(engine);
  const executable = (kind: ObjectiveKind, batch: Batch) =>
    cache.get(`${kind} ${batch.size} ${batch.length} ${batch.rows.length}`, () =>
      objectiveProgram(adaptation, kind, batch),
    );
  const feeds = (kind: ObjectiveKind, parameters: ParameterSet, batch: Batch, index: number) => ({
    ...parameters,
    ...adaptation.extra?.feeds(kind, batch, index),
    'batch.ids': batch.ids,
    'batch.rows': batch.rows,
    'batch.targets': batch.targets,
    'batch.weights': batch.weights,
  });
  return {
    async step(parameters, batch, index = 0) {
      const program = await executable('gradient', batch);
      const { loss, ...gradients } = await program.run(feeds('gradient', parameters, batch, index));
      return { loss: loss![0]!, gradients: gradients as Record<string, Float32Array> };
    },
    async loss(parameters, batches) {
      let sum = 0;
      let scored = 0;
      for (const batch of batches) {
        const program = await executable('loss', batch);
        const { loss } = await program.run(feeds('loss', parameters, batch, 0));
        sum += loss![0]! * batch.scored;
        scored += batch.scored;
      }
      return sum / scored;
    },
    release: () => cache.release(),
  };
}

type Sizes = BatchSizes & { readonly rows: { readonly length: number } };

/** Outputs `loss` and, for a gradient, one tensor per trainable name. */
function objectiveProgram(
  adaptation: Adaptation,
  kind: ObjectiveKind,
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
      ...adaptation.extra?.specs(kind, { size, length }),
      'batch.ids': { shape: [size, length], dtype: 'int32' },
      'batch.rows': row('int32'),
      'batch.targets': row('int32'),
      'batch.weights': row('float32'),
    },
    build(inputs) {
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const trainable = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const { model, hidden, penalty } = adaptation.apply(
          trainable,
          inputs['batch.ids']!,
          inputs,
        );
        const logits = logitsAt(model, hidden, inputs['batch.rows']!);
        const perToken = negativeLogLikelihood(logits, inputs['batch.targets']!);
        const mean = tf.sum(tf.mul(perToken, inputs['batch.weights']!));
        return (penalty ? tf.add(mean, penalty) : mean) as tf.Scalar;
      };
      const point = names.map((name) => inputs[name]!);
      if (kind === 'loss') return { loss: loss(...point) };
      const { value, grads } = tf.valueAndGrads(loss)(point);
      return { loss: value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
    },
  };
}
