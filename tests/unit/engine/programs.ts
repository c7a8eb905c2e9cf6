import * as tf from '@tensorflow/tfjs-core';
import { type KernelWeights, quantizedMatMul } from '../../../src/core/engine/custom/quantized.ts';
import type { Arrays, Program, TensorSpec } from '../../../src/core/engine/program.ts';
import { scoreProgram } from '../../../src/core/evaluate/score-program.ts';
import { decodeProgram, prefillProgram } from '../../../src/core/generate/programs.ts';
import { MASKED } from '../../../src/core/models/attention.ts';
import { llama } from '../../../src/core/models/llama/index.ts';
import { negativeLogLikelihood } from '../../../src/core/models/loss.ts';
import { embed, forward, type Model, prependPrompt } from '../../../src/core/models/model.ts';
import { tensorWeights, withLora } from '../../../src/core/models/weights.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { tinyConfig, tinyFamily, tinyParameters } from '../../support/tiny-llama.ts';

/** A program with inputs to run it on, and how far two engines may be apart. */
export interface Case {
  readonly program: Program;
  readonly feeds: Arrays;
  readonly tolerance: number;
}

const BATCH = 2;
const LENGTH = 7;
const TOKENS = 3;
const width = tinyConfig.hiddenSize;
const random = createRandom(7, 'cases');
const normal = (length: number, scale = 1) =>
  Float32Array.from({ length }, () => random.normal() * scale);
const tokens = (length: number) =>
  Int32Array.from({ length }, () => random.integer(tinyConfig.vocabularySize));
const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const int = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

const parameters = tinyParameters();
const shapes = [...llama.tensorShapes(tinyConfig)];

/** Weights as constants of the trace. */
const model: Model = {
  family: tinyFamily,
  config: tinyConfig,
  get weights() {
    return tensorWeights(
      Object.fromEntries(shapes.map(([name, s]) => [name, tf.tensor(parameters[name]!, [...s])])),
    );
  },
};

const sequences = { ids: tokens(BATCH * LENGTH), targets: tokens(BATCH * LENGTH) };
const sequenceSpecs = { ids: int(BATCH, LENGTH), targets: int(BATCH * LENGTH) };

function meanLoss(given: Model, x: tf.Tensor, targets: tf.Tensor, front: number): tf.Scalar {
  const { hidden } = forward(given, x);
  const rows = tf.slice(hidden, [0, front, 0], [BATCH, LENGTH, width]);
  const logits = given.family.head(given.config, given.weights, tf.reshape(rows, [-1, width]));
  return tf.mean(negativeLogLikelihood(logits, targets));
}

const promptGradient: Case = {
  tolerance: 1e-5,
  feeds: { ...sequences, prompt: normal(TOKENS * width) },
  program: {
    name: 'gradient of a soft prompt',
    inputs: { ...sequenceSpecs, prompt: float(TOKENS, width) },
    build({ ids, targets, prompt }) {
      const loss = (p: tf.Tensor) =>
        meanLoss(model, prependPrompt(p, embed(model, ids!)), targets!, TOKENS - 1);
      const { value, grad } = tf.valueAndGrad(loss)(prompt!);
      return { value, grad };
    },
  },
};

const allGradients: Case = {
  tolerance: 1e-5,
  feeds: { ...sequences, ...parameters },
  program: {
    name: 'gradient of every weight',
    inputs: {
      ...sequenceSpecs,
      ...Object.fromEntries(shapes.map(([name, shape]) => [name, float(...shape)])),
    },
    build(inputs) {
      const names = shapes.map(([name]) => name);
      const loss = (...values: tf.Tensor[]) => {
        const weights = tensorWeights(Object.fromEntries(names.map((n, i) => [n, values[i]!])));
        const trainable = { ...model, weights };
        return meanLoss(trainable, embed(trainable, inputs.ids!), inputs.targets!, 0);
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => inputs[name]!));
      return { value, ...Object.fromEntries(names.map((n, i) => [n, grads[i]!])) };
    },
  },
};

const LORA = 'model.layers.1.self_attn.q_proj';
const loraGradient: Case = {
  tolerance: 1e-5,
  feeds: { ...sequences, a: normal(4 * width), b: normal(4 * width, 0.1) },
  program: {
    name: 'gradient of LoRA',
    inputs: { ...sequenceSpecs, a: float(4, width), b: float(width, 4) },
    build({ ids, targets, a, b }) {
      const loss = (x: tf.Tensor, y: tf.Tensor) => {
        const weights = withLora(model.weights, new Map([[LORA, { a: x, b: y }]]), 2);
        return meanLoss({ ...model, weights }, embed(model, ids!), targets!, 0);
      };
      const { value, grads } = tf.valueAndGrads(loss as (...t: tf.Tensor[]) => tf.Scalar)([a!, b!]);
      return { value, a: grads[0]!, b: grads[1]! };
    },
  },
};

const promptNamed = (name: string, count: number) => ({
  name,
  tokens: count,
  width,
  embeddings: normal(count * width),
});

/** Prompts of two lengths, so that padding is covered. */
const raggedBank = stackBank([promptNamed('a', 3), promptNamed('b', 5), promptNamed('c', 4)]);

export const idpArm = { model, bank: raggedBank, selector: { kind: 'idp', layer: 1 } } as const;
export const plainModel = model;

const scoring: Case = {
  tolerance: 1e-5,
  feeds: {
    ids: sequences.ids,
    rows: Int32Array.of(6, 7, 8, 18, 19),
    targets: tokens(5),
    prompts: raggedBank.embeddings,
    real: new Float32Array(BATCH * LENGTH).fill(1),
  },
  program: {
    ...scoreProgram(idpArm, { batch: BATCH, length: LENGTH, rows: 5 }),
    name: 'IDP score',
  },
};

const prefill: Case = {
  tolerance: 1e-5,
  feeds: { ids: tokens(LENGTH), last: Int32Array.of(4) },
  program: prefillProgram({ model }, LENGTH),
};

const CAPACITY = 16;
const cached = CAPACITY * tinyConfig.keyValueHeads * tinyConfig.headDim;
const decode: Case = {
  tolerance: 1e-5,
  feeds: {
    id: tokens(1),
    position: Int32Array.of(9),
    mask: Float32Array.from({ length: CAPACITY + 1 }, (_, i) =>
      i < 9 || i === CAPACITY ? 0 : MASKED,
    ),
    ...Object.fromEntries(
      ['key.0', 'value.0', 'key.1', 'value.1'].map((name) => [name, normal(cached)]),
    ),
  },
  program: decodeProgram(model, CAPACITY),
};

function randomKernelWeights(bits: 4 | 8, block: 16 | 32, permuted: boolean): KernelWeights {
  const [out, inner] = [24, 96];
  const groups = inner / block;
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.integer(256));
  const permutation = Int32Array.from({ length: inner }, (_, i) => i);
  return {
    out,
    in: inner,
    block,
    bits,
    codes: bytes((out * inner * bits) / 8),
    scales: Float32Array.from({ length: out * groups }, () => 0.01 + random.uniform() / 50),
    zeros: bytes(out * (bits === 4 ? Math.ceil(groups / 2) : groups)),
    ...(permuted ? { permutation: Int32Array.from(random.shuffle([...permutation])) } : {}),
  };
}

function quantizedCase(bits: 4 | 8, block: 16 | 32, permuted: boolean): Case {
  const weights = randomKernelWeights(bits, block, permuted);
  return {
    tolerance: 1e-4,
    feeds: { x: normal(5 * 96), dy: normal(5 * 24) },
    program: {
      name: `${bits}-bit linear, block ${block}${permuted ? ', act-order' : ''}`,
      inputs: { x: float(5, 96), dy: float(5, 24) },
      build({ x, dy }) {
        const loss = (a: tf.Tensor) =>
          tf.sum(tf.mul(quantizedMatMul(a, weights), dy!)) as tf.Scalar;
        return { y: quantizedMatMul(x!, weights), dx: tf.grad(loss)(x!) };
      },
    },
  };
}

/** Every model and loss that the product runs. */
export const cases: readonly Case[] = [
  promptGradient,
  allGradients,
  loraGradient,
  scoring,
  prefill,
  decode,
  quantizedCase(4, 32, false), // an odd number of blocks: zeros padded to whole bytes
  quantizedCase(4, 16, true),
  quantizedCase(8, 32, true),
];
