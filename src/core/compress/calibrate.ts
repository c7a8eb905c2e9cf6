import * as tf from '@tensorflow/tfjs-core';
import type { Arrays, Engine, Program, Tensors } from '../engine/program.ts';
import { causalMask } from '../models/attention.ts';
import { embed, enter, type Model, positionsFrom } from '../models/model.ts';
import { observed, tensorWeights, type Weights } from '../models/weights.ts';
import { Hessian } from './hessian.ts';
import type { LinearShape } from './options.ts';
import { pause } from './pause.ts';

/** Tokens per run of a block, unless one sequence alone is longer. */
const RUN_TOKENS = 2048;

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

/** A block's linears, and their weights [out, in] by module as quantised so far. */
export interface Block {
  readonly layer: number;
  readonly linears: readonly Linear[];
  readonly weights: Map<string, Float32Array>;
}

/** The calibration text on its way through the model; one block's inputs are in memory at a time. */
export interface Calibration {
  /** Hessian [in, in] of the inputs that `module` sees with the block's weights as they are now. */
  hessian(block: Block, module: LinearShape): Promise<Float32Array>;
  /** Replaces the activations by the block's outputs. */
  advance(block: Block): Promise<void>;
}

/** Sequences per run: the most that divide `sequences`, so that one program serves every run. */
export function batchOf(sequences: number, length: number): number {
  let batch = Math.max(1, Math.min(sequences, Math.floor(RUN_TOKENS / length)));
  while (sequences % batch !== 0) batch--;
  return batch;
}

/** Embeds the calibration ids. `model.weights` gives the dense tensors; linears come from the blocks. */
export async function startCalibration(
  engine: Engine,
  model: Model,
  { ids, length }: CalibrationIds,
  signal?: AbortSignal,
): Promise<Calibration> {
  const sequences = ids.length / length;
  const batch = batchOf(sequences, length);
  const width = batch * length * model.config.hiddenSize;
  const activations = new Float32Array(sequences * length * model.config.hiddenSize);
  const tokens = batch * length;

  const runAll = async (program: Program, { feeds, use }: Runs) => {
    const executable = await engine.compile(program);
    try {
      for (let run = 0; run < sequences / batch; run++) {
        await pause(signal);
        use(await executable.run(feeds(run)), run);
      }
    } finally {
      await executable.release();
    }
  };
  await runAll(embeddingProgram(model, batch, length), {
    feeds: (run) => ({ ids: ids.subarray(run * tokens, (run + 1) * tokens) }),
    use: ({ x }, run) => activations.set(x as Float32Array, run * width),
  });

  const overBlock = (block: Block, wanted: Wanted, use: Runs['use']) =>
    runAll(blockProgram(model, block, batch, length, wanted), {
      feeds: (run) => ({
        x: activations.subarray(run * width, (run + 1) * width),
        ...Object.fromEntries(block.weights),
      }),
      use,
    });
  return {
    async hessian(block, { module, in: columns }) {
      const hessian = new Hessian(columns);
      await overBlock(block, { output: 'gram', module }, ({ gram }) =>
        hessian.addGram(gram as Float32Array, batch),
      );
      return hessian.values;
    },
    advance: (block) =>
      overBlock(block, { output: 'x' }, ({ x }, run) =>
        activations.set(x as Float32Array, run * width),
      ),
  };
}

/** What a run of a block is for: XᵀX of one module's inputs, or the block's outputs. */
type Wanted = { readonly output: 'gram'; readonly module: string } | { readonly output: 'x' };

interface Runs {
  feeds(run: number): Arrays;
  use(outputs: Arrays, run: number): void;
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
  { layer, linears }: Block,
  batch: number,
  length: number,
  wanted: Wanted,
): Program {
  const shapes = linears.map(({ module, out, in: columns }) => {
    return [module, { shape: [out, columns], dtype: 'float32' }] as const;
  });
  const x = { shape: [batch, length, config.hiddenSize], dtype: 'float32' } as const;
  return {
    name: `calibration-block-${layer}`,
    inputs: { x, ...Object.fromEntries(shapes) },
    build(inputs) {
      let gram: tf.Tensor | undefined;
      const { linear } = linearWeights(linears, inputs, stored);
      const block = observed({ tensor: stored.tensor, linear }, (module, y) => {
        if (wanted.output === 'gram' && module === wanted.module)
          gram = tf.matMul(y, y, true, false);
      });
      const positions = positionsFrom(0, batch, length);
      const input = { x: inputs['x']!, positions, mask: causalMask(length), positionLimit: length };
      const output = family.block(config, block, layer, input);
      return gram === undefined ? { x: output.x } : { gram };
    },
  };
}

function linearWeights(linears: readonly Linear[], inputs: Tensors, stored: Weights): Weights {
  const tensors: Record<string, tf.Tensor> = {};
  for (const { module, bias } of linears) {
    tensors[`${module}.weight`] = inputs[module]!;
    if (bias) tensors[`${module}.bias`] = stored.tensor(`${module}.bias`);
  }
  return tensorWeights(tensors);
}
