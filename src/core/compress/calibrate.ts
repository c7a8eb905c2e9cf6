import * as tf from '@tensorflow/tfjs-core';
import type { Arrays, Engine, Program, Tensors } from '../engine/program.ts';
import { free } from '../free.ts';
import { causalMask } from '../models/attention.ts';
import { embed, enter, type Model, positionsFrom } from '../models/model.ts';
import { observed, tensorWeights, type Weights } from '../models/weights.ts';
import type { Algebra } from './gemm.ts';
import { Hessian } from './hessian.ts';
import type { LinearShape } from './options.ts';
import { pause } from './pause.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Tokens per run of a block, unless one sequence alone is longer: more cost memory and save no time. */
const RUN_TOKENS = 1024;

/** Calibration text: `sequences` rows of `length` token ids. */
export interface CalibrationIds {
  readonly ids: Int32Array;
  readonly length: number;
}

/** A linear of a block. */
export interface Linear extends LinearShape {
  /** Whether the checkpoint has `<module>.bias`. */
  readonly bias: boolean;
}

/** A block on its way to being compressed. */
export interface Block {
  readonly layer: number;
  readonly linears: readonly Linear[];
  /**
   * By module, what makes its weight [out, in] as it was compressed, for the caller to free. Only
   * those that are compressed already: a block is run with all of them, or up to the next stage.
   */
  readonly weights: ReadonlyMap<string, () => Float32Array>;
}

/** The calibration text on its way through the model; one block's inputs are in memory at a time. */
export interface Calibration {
  /** Inputs of the next block [sequences, length, hidden]. */
  readonly activations: Float32Array;
  /** Hessian [in, in] of the inputs that `module` sees with the block's weights as they are now. */
  hessian(block: Block, module: LinearShape): Promise<Float32Array>;
  /** Replaces the activations by the block's outputs. */
  advance(block: Block): Promise<void>;
}

export interface CalibrationOptions {
  readonly algebra: Algebra;
  readonly stopwatch: Stopwatch;
  readonly signal?: AbortSignal | undefined;
}

/** Sequences per run: the most that divide `sequences`, so that one program serves every run. */
export function batchOf(sequences: number, length: number): number {
  let batch = Math.max(1, Math.min(sequences, Math.floor(RUN_TOKENS / length)));
  while (sequences % batch !== 0) batch--;
  return batch;
}

/**
 * Calibration text as the inputs of a block.
 * @param activations of `sequences` rows of `length` tokens, as `embedCalibration` makes them; replaced
 */
export function createCalibration(
  engine: Engine,
  model: Model,
  { activations, length }: { readonly activations: Float32Array; readonly length: number },
  { algebra, stopwatch, signal }: CalibrationOptions,
): Calibration {
  const { hiddenSize } = model.config;
  const sequences = activations.length / length / hiddenSize;
  const batch = batchOf(sequences, length);
  const width = batch * length * hiddenSize;
  const overBlock = (block: Block, wanted: Wanted, use: Runs['use']) =>
    stopwatch.time('run', () => runBlock(block, wanted, use));
  const runBlock = async (block: Block, wanted: Wanted, use: Runs['use']) => {
    const weights = [...block.weights].map(([module, make]) => [module, make()] as const);
    await runAll(engine, blockProgram(model, block, batch, length, wanted), {
      count: sequences / batch,
      signal,
      feeds: (run) => ({
        x: activations.subarray(run * width, (run + 1) * width),
        ...Object.fromEntries(weights),
      }),
      use,
    });
    for (const [, weight] of weights) free(weight);
  };
  // A GPU makes XᵀX where X is; on the CPU its upper half is cheaper outside the graph.
  const output = engine.device === 'cpu' ? 'input' : 'gram';
  return {
    activations,
    async hessian(block, { module, in: columns }) {
      const hessian = new Hessian(columns);
      await overBlock(block, { output, module }, ({ input, gram }) =>
        stopwatch.time('gram', async () => {
          if (input) await hessian.add(input as Float32Array, batch, algebra);
          else hessian.addGram(gram as Float32Array, batch);
          free((input ?? gram) as Float32Array);
        }),
      );
      return stopwatch.time('gram', async () => hessian.values);
    },
    advance: (block) =>
      overBlock(block, { output: 'x' }, ({ x }, run) => {
        activations.set(x as Float32Array, run * width);
        free(x as Float32Array);
      }),
  };
}

/** Embeds calibration ids: the first block's inputs [sequences, length, hidden]. */
export async function embedCalibration(
  engine: Engine,
  model: Model,
  { ids, length }: CalibrationIds,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const sequences = ids.length / length;
  const batch = batchOf(sequences, length);
  const tokens = batch * length;
  const activations = new Float32Array(ids.length * model.config.hiddenSize);
  await runAll(engine, embeddingProgram(model, batch, length), {
    count: sequences / batch,
    signal,
    feeds: (run) => ({ ids: ids.subarray(run * tokens, (run + 1) * tokens) }),
    use: ({ x }, run) => activations.set(x as Float32Array, run * tokens * model.config.hiddenSize),
  });
  return activations;
}

/** What a run of a block is for: inputs of one module [tokens, in], their XᵀX, or the block's outputs. */
type Wanted =
  | { readonly output: 'input' | 'gram'; readonly module: string }
  | { readonly output: 'x' };

interface Runs {
  readonly count: number;
  readonly signal: AbortSignal | undefined;
  feeds(run: number): Arrays;
  use(outputs: Arrays, run: number): void | Promise<void>;
}

async function runAll(engine: Engine, program: Program, { count, signal, feeds, use }: Runs) {
  const executable = await engine.compile(program, { lean: true });
  try {
    for (let run = 0; run < count; run++) {
      await pause(signal);
      await use(await executable.run(feeds(run)), run);
    }
  } finally {
    await executable.release();
  }
}

function embeddingProgram(model: Model, batch: number, length: number): Program {
  return {
    name: 'calibration-embedding',
    inputs: { ids: { shape: [batch, length], dtype: 'int32' } },
    build: ({ ids }) => ({
      x: enter(model, embed(model, ids!), positionsFrom(0, batch, length)),
    }),
  };
}

/** Weights are inputs, not constants: they change at every stage, and the session is made in no time. */
function blockProgram(
  { family, config, weights: stored }: Model,
  { layer, linears, weights }: Block,
  batch: number,
  length: number,
  wanted: Wanted,
): Program {
  const given = linears.filter(({ module }) => weights.has(module));
  const shapes = given.map(({ module, out, in: columns }) => {
    return [module, { shape: [out, columns], dtype: 'float32' }] as const;
  });
  const x = { shape: [batch, length, config.hiddenSize], dtype: 'float32' } as const;
  return {
    name: `calibration-block-${layer}`,
    inputs: { x, ...Object.fromEntries(shapes) },
    build(inputs) {
      let seen: tf.Tensor | undefined;
      const { linear } = linearWeights(linears, inputs, stored);
      const block = observed({ tensor: stored.tensor, linear }, (module, y) => {
        if (wanted.output !== 'x' && module === wanted.module) seen = y;
      });
      const positions = positionsFrom(0, batch, length);
      const input = { x: inputs['x']!, positions, mask: causalMask(length), positionLimit: length };
      const output = family.block(config, block, layer, input);
      if (wanted.output === 'x') return { x: output.x };
      return wanted.output === 'input'
        ? { input: seen! }
        : { gram: tf.matMul(seen!, seen!, true, false) };
    },
  };
}

function linearWeights(linears: readonly Linear[], inputs: Tensors, stored: Weights): Weights {
  const tensors: Record<string, tf.Tensor> = {};
  for (const { module, bias, out, in: columns } of linears) {
    // Weights that are not given come after what is wanted, and are dropped from the graph.
    tensors[`${module}.weight`] = inputs[module] ?? tf.zeros([out, columns]);
    if (bias) tensors[`${module}.bias`] = stored.tensor(`${module}.bias`);
  }
  return tensorWeights(tensors);
}
