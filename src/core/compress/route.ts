import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/folder.ts';
import type { JsonObject } from '../checkpoint/json.ts';
import { openSafetensors, readFloat32, type TensorEntry } from '../checkpoint/safetensors.ts';
import { storedWeights } from '../models/weights.ts';
import {
  type Block,
  type Calibration,
  type CalibrationOptions,
  createCalibration,
  embedCalibration,
} from './calibrate.ts';

import { shardName } from './folder.ts';
import { quantizationConfig } from './format.ts';
import type { CompressionJob } from './job.ts';
import type { Activations, PartialWork } from './partial.ts';
import type { CompressionPlan, PlannedBlock } from './plan.ts';
import { dequantize } from './quantized.ts';
import { quantizedModules, readQuantizedLinear } from './read.ts';

/** Calibration text on its way through the blocks, some of which may be finished already. */
export interface Route {
  /** The calibration in front of block `layer`, not earlier than where it is now; none without text. */
  to(layer: number): Promise<Calibration | undefined>;
  /** What has left block `layer`, told once the calibration has been advanced through it. */
  passed(layer: number): Activations | undefined;
}

/**
 * Finished blocks are passed through as they are stored, from the embedding or from saved activations
 * where those are further on. A block decodes to the same weights that it was advanced with when it
 * was made, so either way leads to the same bits.
 */
export function createRoute(
  job: CompressionJob,
  plan: CompressionPlan,
  { work, ...options }: Omit<CalibrationOptions, 'signal'> & { readonly work: PartialWork },
): Route {
  const { checkpoint, engine, signal, calibration: text } = job;
  const model = {
    family: plan.family,
    config: plan.config,
    weights: storedWeights(checkpoint.tensors),
  };
  let at = 0;
  let calibration: Calibration | undefined;
  const start = (activations: Float32Array, layer: number) => {
    at = layer;
    const input = { activations, length: text!.length };
    calibration = createCalibration(engine, model, input, { ...options, signal });
  };
  return {
    async to(layer) {
      if (text === undefined) return undefined;
      const saved = work.savedFor ?? 0;
      if (saved > at && saved <= layer) start(await work.readActivations(), saved);
      else if (calibration === undefined)
        start(await embedCalibration(engine, model, text, signal), 0);
      for (; at < layer; at++)
        await calibration!.advance(await storedBlock(job, plan, work, plan.blocks[at]!));
      return calibration;
    },
    passed(layer) {
      at = layer + 1;
      // A block that is made again does not replace what is further on.
      if (calibration === undefined || (work.savedFor ?? 0) > at) return undefined;
      return { passed: at, values: calibration.activations };
    },
  };
}

/** A finished block's linears as its shard holds them. */
async function storedBlock(
  { checkpoint, options }: CompressionJob,
  { blocks }: CompressionPlan,
  work: PartialWork,
  { layer, linears }: PlannedBlock,
): Promise<Block> {
  const { tensors } = await openSafetensors(
    join(work.model, shardName(layer + 2, blocks.length + 1)),
  );
  const quantization = quantizationConfig(options) as JsonObject | undefined;
  const shard = { ...checkpoint, dir: work.model, tensors, quantization };
  const packed = new Set(quantizedModules(shard));
  const weights = linears.map(({ module }) => {
    const weight = packed.has(module)
      ? () => dequantize(readQuantizedLinear(shard, module))
      : () => readFloat32(denseEntry(checkpoint, tensors, `${module}.weight`));
    return [module, weight] as const;
  });
  return { layer, linears, weights: new Map(weights) };
}

/** A linear's weight in a shard, which holds it the way round that the original does. */
function denseEntry(
  checkpoint: Checkpoint,
  shard: ReadonlyMap<string, TensorEntry>,
  name: string,
): TensorEntry {
  const { shape, transposed } = checkpoint.tensors.get(name)!;
  return { ...shard.get(name)!, shape, ...(transposed && { transposed }) };
}
