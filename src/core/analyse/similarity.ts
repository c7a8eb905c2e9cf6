import * as tf from '@tensorflow/tfjs-core';
import { bucket } from '../engine/buckets.ts';
import type { Engine, Program } from '../engine/program.ts';
import type { Arm } from '../evaluate/arm.ts';
import { armForward, chosenByLot, frontInputs } from '../evaluate/score-program.ts';
import { embed } from '../models/model.ts';

/** How alike two arms work inside, by layer: cosines in [−1, 1], 1 = the same. */
export interface LayerSimilarity {
  readonly layer: number;
  /** Of what each input token attends to among the input. */
  readonly attention: number;
  /** Of the block's output at each input token. */
  readonly activation: number;
}

type Rows = Record<string, Float32Array>;

const BATCH = 8;
/** Keeps a row whose attention went to the prompt alone from dividing by nothing. */
const TINY = 1e-9;

/**
 * `attention.<layer>` [batch, heads, length, length], rows summing to 1, and `activation.<layer>`
 * [batch, length, hidden], a prompt's own positions left out.
 */
function insideProgram(arm: Arm, length: number): Program {
  return {
    name: 'inside',
    inputs: {
      ids: { shape: [BATCH, length], dtype: 'int32' },
      ...frontInputs(arm, BATCH, length),
    },
    build(given) {
      const { blocks } = armForward(arm, embed(arm.model, given.ids!), given).forward();
      const outputs = blocks.flatMap((block, layer) => [
        [`attention.${layer}`, attentionWithin(block.attention, length)],
        [`activation.${layer}`, lastPositions(block.x, length)],
      ]);
      return Object.fromEntries(outputs) as Record<string, tf.Tensor>;
    },
  };
}

/** Attention among the input's own tokens, as shares of what stayed in the input. */
function attentionWithin(attention: tf.Tensor, length: number): tf.Tensor {
  const [batch, heads, rows, columns] = attention.shape as [number, number, number, number];
  const begin = [0, 0, rows - length, columns - length];
  const own = tf.slice(attention, begin, [batch, heads, length, length]);
  return tf.div(own, tf.add(tf.sum(own, -1, true), TINY));
}

function lastPositions(x: tf.Tensor, length: number): tf.Tensor {
  const [batch, width, hidden] = x.shape as [number, number, number];
  return tf.slice(x, [0, width - length, 0], [batch, length, hidden]);
}

/**
 * Mean cosine between two arms' attention rows and activations on the same inputs, by layer (arXiv
 * 2310.00867, section 5). A prompt's own tokens are left out, and attention is compared as shares
 * among the input's tokens: an arm is not unlike the original merely because it has a prompt to
 * look at.
 * @param sequences token ids, two or more each
 */
export async function layerSimilarity(
  engine: Engine,
  reference: Arm,
  arm: Arm,
  sequences: readonly (readonly number[])[],
): Promise<LayerSimilarity[]> {
  const length = bucket(Math.max(...sequences.map((ids) => ids.length)));
  const { layers } = reference.model.config;
  const sums = Array.from({ length: layers }, (_, layer) => createLayerSums(layer));
  const first = await reader(engine, reference, length);
  const second = await reader(engine, arm, length);
  try {
    for (let at = 0; at < sequences.length; at += BATCH) {
      const batch = sequences.slice(at, at + BATCH);
      const [a, b] = [await first.read(batch), await second.read(batch)];
      for (const layer of sums) addBatch(layer, a, b, batch, length);
    }
  } finally {
    await first.release();
    await second.release();
  }
  return sums.map(({ layer, attention, activation }) => ({
    layer,
    attention: attention.sum / attention.count,
    activation: activation.sum / activation.count,
  }));
}

async function reader(engine: Engine, arm: Arm, length: number) {
  const executable = await engine.compile(insideProgram(arm, length));
  return {
    async read(sequences: readonly (readonly number[])[]): Promise<Rows> {
      const ids = new Int32Array(BATCH * length);
      const real = new Float32Array(BATCH * length);
      for (let row = 0; row < BATCH; row++) {
        // An incomplete last batch is filled up with its first sequence.
        const tokens = sequences[row] ?? sequences[0]!;
        ids.set(tokens, row * length);
        real.fill(1, row * length, row * length + tokens.length);
      }
      const { bank, prefix } = arm;
      const given = Array.from({ length: BATCH }, (_, row) => sequences[row] ?? sequences[0]!);
      const feeds = {
        ids,
        ...(bank ? { real, prompts: bank.embeddings, ...chosenByLot(arm, given) } : {}),
        ...(prefix ? { prefix: prefix.values } : {}),
      };
      return (await executable.run(feeds)) as Rows;
    },
    release: () => executable.release(),
  };
}

const createLayerSums = (layer: number) => ({
  layer,
  attention: { sum: 0, count: 0 },
  activation: { sum: 0, count: 0 },
});

function addBatch(
  sums: ReturnType<typeof createLayerSums>,
  a: Rows,
  b: Rows,
  batch: readonly (readonly number[])[],
  length: number,
): void {
  const compare = (kind: 'attention' | 'activation', start: number, size: number) => {
    const name = `${kind}.${sums.layer}`;
    sums[kind].sum += cosine(a[name]!, b[name]!, start, size);
    sums[kind].count++;
  };
  const hidden = a[`activation.${sums.layer}`]!.length / (BATCH * length);
  const heads = a[`attention.${sums.layer}`]!.length / (BATCH * length * length);
  batch.forEach((ids, row) => {
    // From the second token on: the first has only itself to attend to.
    for (let t = 1; t < ids.length; t++) {
      compare('activation', (row * length + t) * hidden, hidden);
      for (let head = 0; head < heads; head++)
        compare('attention', ((row * heads + head) * length + t) * length, t + 1);
    }
  });
}

/** Of the same stretch of two arrays; 0 where one of them is zero. */
function cosine(a: Float32Array, b: Float32Array, start: number, size: number): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = start; i < start + size; i++) {
    product += a[i]! * b[i]!;
    lengthA += a[i]! ** 2;
    lengthB += b[i]! ** 2;
  }
  const norm = Math.sqrt(lengthA * lengthB);
  return norm === 0 ? 0 : product / norm;
}
