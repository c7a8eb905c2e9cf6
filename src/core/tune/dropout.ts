import * as tf from '@tensorflow/tfjs-core';
import type { TensorSpec, Tensors } from '../engine/program.ts';
import { createRandom } from '../random.ts';
import type { ExtraInputs } from './objective.ts';

/** A linear layer whose input some values are dropped of. */
interface Dropped {
  readonly module: string;
  readonly in: number;
}

export interface DropoutOptions {
  /** Share of the values that become 0, in [0, 1). */
  readonly share: number;
  readonly seed: number;
  /** Rows in front of every sequence. */
  readonly prefix: number;
  readonly layers: readonly Dropped[];
}

const ROWS = 'dropout.rows';
const COLUMNS = 'dropout.columns';

/**
 * Inverted dropout whose mask follows from seed and step, so that a resumed run drops the same
 * values. A mask per value would be as large as the activations; a value is dropped instead where
 * (row's number + column's number) mod 1 < share. Each is dropped with that probability, any two
 * of them independently: mean and variance are those of the usual mask.
 */
export function createDropout({ share, seed, prefix, layers }: DropoutOptions): {
  readonly extra: ExtraInputs;
  apply(extra: Tensors): (module: string, x: tf.Tensor) => tf.Tensor;
} {
  const offsets = new Map<string, number>();
  let columns = 0;
  for (const layer of layers) {
    offsets.set(layer.module, columns);
    columns += layer.in;
  }
  const rows = ({ size, length }: { readonly size: number; readonly length: number }) =>
    size * (prefix + length);
  const spec = (length: number): TensorSpec => ({ shape: [length], dtype: 'float32' });
  return {
    extra: {
      specs: (kind, sizes) =>
        kind === 'loss' ? {} : { [ROWS]: spec(rows(sizes)), [COLUMNS]: spec(columns) },
      feeds(kind, batch, step) {
        if (kind === 'loss') return {};
        const random = createRandom(seed, `dropout ${step}`);
        const draw = (length: number) => Float32Array.from({ length }, () => random.uniform());
        return { [ROWS]: draw(rows(batch)), [COLUMNS]: draw(columns) };
      },
    },
    apply: (extra) => (module, x) => {
      const byRow = extra[ROWS];
      // A loss alone is of the whole adapter.
      if (byRow === undefined) return x;
      const byColumn = tf.slice(extra[COLUMNS]!, [offsets.get(module)!], [x.shape[1]!]);
      const sum = tf.add(tf.expandDims(byRow, 1), tf.expandDims(byColumn, 0));
      const fraction = tf.sub(sum, tf.cast(tf.greaterEqual(sum, 1), 'float32'));
      const kept = tf.cast(tf.greaterEqual(fraction, share), 'float32');
      return tf.mul(x, tf.mul(kept, 1 / (1 - share)));
    },
  };
}
