import { KintsugiError } from '../../shared/errors.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint/folder.ts';
import type { KernelWeights } from '../engine/custom/quantized.ts';
import type { Model } from '../models/model.ts';
import { recogniseModel } from '../models/recognise.ts';
import { storedWeights } from '../models/weights.ts';
import { readKernelWeights } from './read.ts';
import { withCodesInFile } from './runtime-file.ts';

export interface OpenedModel {
  readonly checkpoint: Checkpoint;
  readonly model: Model;
  /** Run-time layout of the compressed linear layers, by module; empty for a dense model. */
  readonly quantized: ReadonlyMap<string, KernelWeights>;
}

const WEIGHT = '.weight';

/** Every tensor that the configuration asks for is there, in its shape, dense or compressed. */
function checkShapes(
  checkpoint: Checkpoint,
  shapes: ReadonlyMap<string, readonly number[]>,
  quantized: ReadonlyMap<string, { readonly out: number; readonly in: number }>,
): void {
  for (const [name, expected] of shapes) {
    const packed = quantized.get(name.slice(0, -WEIGHT.length));
    const shape = packed ? [packed.out, packed.in] : checkpoint.tensors.get(name)?.shape;
    const problem = !shape
      ? 'is missing'
      : String(shape) !== String(expected)
        ? `has shape [${shape}], config.json asks for [${expected}]`
        : undefined;
    if (problem)
      throw new KintsugiError('CHECKPOINT_INVALID', `The tensor ${name} ${problem}`, {
        file: checkpoint.dir,
        field: name,
        next: 'Use the config.json that belongs to these weights.',
      });
  }
}

/**
 * Opens a model folder, dense or compressed, ready to run.
 * @throws KintsugiError of openCheckpoint, UNSUPPORTED_ARCHITECTURE, CONFIG_INVALID,
 * CHECKPOINT_INVALID naming the tensor, QUANTIZATION_INVALID
 */
export async function openModel(dir: string): Promise<OpenedModel> {
  const { family, config, checkpoint } = recogniseModel(await openCheckpoint(dir));
  const quantized = readKernelWeights(checkpoint);
  checkShapes(checkpoint, family.tensorShapes(config), quantized);
  const linears = await withCodesInFile(checkpoint, quantized);
  const model = { family, config, weights: storedWeights(checkpoint.tensors, linears) };
  return { checkpoint, model, quantized: linears };
}
