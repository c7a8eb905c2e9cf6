import * as tf from '@tensorflow/tfjs-core';
import type { Program } from '../../src/core/engine/program.ts';
import type { DecoderConfig } from '../../src/core/models/decoder-config.ts';
import type { ModelConfig } from '../../src/core/models/family.ts';
import { llama } from '../../src/core/models/llama/index.ts';
import { negativeLogLikelihood } from '../../src/core/models/loss.ts';
import { forward } from '../../src/core/models/model.ts';
import { tensorWeights } from '../../src/core/models/weights.ts';

export const EMBEDDING = 'model.embed_tokens.weight';

/**
 * One pretraining step over packed documents: inputs are all parameters, `ids`, `targets` and
 * `weights` [batch, length]; outputs are `loss` (weighted mean negative log-likelihood), a gradient
 * `grad.<name>` per parameter and `grad.rows`, the gradient of the looked-up embedding rows
 * [batch·length, hidden], which the caller scatters: far cheaper than a one-hot product.
 */
export function pretrainStep(config: DecoderConfig, batch: number, length: number): Program {
  const shapes = [...llama.tensorShapes(config)];
  const names = shapes.map(([name]) => name);
  const token = { shape: [batch, length], dtype: 'int32' } as const;
  const parameters = Object.fromEntries(
    shapes.map(([name, shape]) => [name, { shape, dtype: 'float32' } as const]),
  );
  return {
    name: 'pretrain',
    inputs: {
      ...parameters,
      ids: token,
      targets: token,
      weights: { shape: [batch, length], dtype: 'float32' },
    },
    build(inputs) {
      const weights = tf.reshape(inputs.weights!, [-1]);
      const loss = (x: tf.Tensor, ...values: tf.Tensor[]) => {
        const trainable = tensorWeights(Object.fromEntries(names.map((n, i) => [n, values[i]!])));
        const model = { family: llama, config, weights: trainable } as unknown as Parameters<
          typeof forward
        >[0];
        const rows = tf.reshape(forward(model, x).hidden, [batch * length, config.hiddenSize]);
        const logits = llama.head(config, trainable, rows);
        const nll = negativeLogLikelihood(logits, tf.reshape(inputs.targets!, [-1]));
        return tf.div(tf.sum(tf.mul(nll, weights)), tf.sum(weights)) as tf.Scalar;
      };
      const x = tf.gather(inputs[EMBEDDING]!, inputs.ids!);
      const { value, grads } = tf.valueAndGrads(loss)([x, ...names.map((n) => inputs[n]!)]);
      const [rows, ...rest] = grads as [tf.Tensor, ...tf.Tensor[]];
      return {
        loss: value,
        'grad.rows': rows,
        ...Object.fromEntries(names.map((n, i) => [`grad.${n}`, rest[i]!])),
      };
    },
  };
}

/** Parameters of a configuration. */
export const parameterCount = (config: ModelConfig): number =>
  [...llama.tensorShapes(config as DecoderConfig).values()].reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
