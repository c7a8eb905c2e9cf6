import * as tf from '@tensorflow/tfjs-core';
import type { Model } from '../../core/models/model.ts';
import { withLora } from '../../core/models/weights.ts';
import { type LoraAdapter, loraScale } from '../../core/tune/types.ts';

/** The model with a tuned adapter beside its weights, as constants of every program. */
export function adaptedModel(model: Model, adapter: LoraAdapter): Model {
  const { weights } = model;
  const { rank, modules } = adapter;
  return {
    ...model,
    weights: {
      tensor: weights.tensor,
      linear(module, x) {
        const lora = modules.get(module);
        if (lora === undefined) return weights.linear(module, x);
        const a = tf.tensor2d(lora.a, [rank, lora.in]);
        const b = tf.tensor2d(lora.b, [lora.out, rank]);
        return withLora(weights, new Map([[module, { a, b }]]), loraScale(adapter)).linear(
          module,
          x,
        );
      },
    },
  };
}

/** Numbers that an adapter adds to the model. */
export const adapterParameters = ({ modules }: LoraAdapter): number =>
  [...modules.values()].reduce((sum, { a, b }) => sum + a.length + b.length, 0);
