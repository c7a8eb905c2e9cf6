import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type CompressionOptions, methodName } from '../../shared/compression.ts';
import { KintsugiError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import type { TensorEntry } from '../checkpoint/safetensors.ts';
import type { Family, ModelConfig } from '../models/family.ts';
import { recogniseModel } from '../models/recognise.ts';
import { batchOf, type CalibrationIds, type Linear } from './calibrate.ts';
import { estimateDisk, estimateMemory, type SizeEstimate } from './estimate.ts';
import { compressorOf } from './methods.ts';
import { checkCompression } from './options.ts';
import { isCompressed } from './provenance.ts';

export interface PlannedBlock {
  readonly layer: number;
  /** The linears of a stage read one input. */
  readonly stages: readonly (readonly Linear[])[];
  readonly linears: readonly Linear[];
  /** Tensors of the block that stay as they are. */
  readonly dense: readonly string[];
}

/** What a compression will do, everything checked that can be checked before it starts. */
export interface CompressionPlan {
  readonly family: Family;
  readonly config: ModelConfig;
  readonly options: CompressionOptions;
  readonly blocks: readonly PlannedBlock[];
  /** Tensors outside the blocks: embeddings, final norm, head. */
  readonly rest: readonly string[];
  /** Calibration sequences, their length in tokens, and how many run together. */
  readonly text:
    | { readonly sequences: number; readonly length: number; readonly batch: number }
    | undefined;
  readonly memory: SizeEstimate;
  readonly disk: SizeEstimate;
  /** Of the original weights: on disk, in memory as fp32, and the part of that which stays dense. */
  readonly bytes: { readonly disk: number; readonly memory: number; readonly dense: number };
}

/**
 * Checks a compression and lays it out.
 * @throws KintsugiError QUANTIZATION_INVALID, DATA_INVALID, CHECKPOINT_INVALID,
 * UNSUPPORTED_ARCHITECTURE, CONFIG_INVALID
 */
export function planCompression(
  given: Checkpoint,
  options: CompressionOptions,
  calibration: CalibrationIds | undefined,
): CompressionPlan {
  if (isCompressed(given)) throw alreadyCompressed(given);
  const { family, config, checkpoint } = recogniseModel(given);
  const shapes = family.tensorShapes(config);
  for (const [name, shape] of shapes) checkTensor(checkpoint, name, shape);
  const blocks = Array.from({ length: config.layers }, (_, layer) =>
    planBlock(checkpoint, family.stages(config, layer), shapes, layer),
  );
  const linears = blocks.flatMap((block) => block.linears);
  checkCompression(options, linears);
  checkCalibration(options, calibration, config);
  const inBlocks = new Set(blocks.flatMap((block) => block.dense));
  const quantized = new Set(linears.map(({ module }) => `${module}.weight`));
  const rest = [...checkpoint.tensors.keys()].filter(
    (name) => !inBlocks.has(name) && !quantized.has(name),
  );
  const text = calibration && textOf(calibration);
  const bytesOf = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + checkpoint.tensors.get(name)!.length, 0);
  const size = {
    config,
    options,
    blocks: blocks.map((block) => block.linears),
    text,
    weightBytes:
      bytesOf(quantized) / linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0),
    dense: bytesOf([...inBlocks, ...rest]),
  };
  return {
    family,
    config,
    options,
    blocks,
    rest,
    text,
    memory: estimateMemory(size),
    disk: estimateDisk(size),
    bytes: countBytes(checkpoint, quantized),
  };
}

function planBlock(
  { tensors }: Checkpoint,
  modules: readonly (readonly string[])[],
  shapes: ReadonlyMap<string, readonly number[]>,
  layer: number,
): PlannedBlock {
  const stages = modules.map((stage) =>
    stage.map((module) => {
      const [out, columns] = shapes.get(`${module}.weight`) as readonly [number, number];
      return { module, out, in: columns, bias: tensors.has(`${module}.bias`) };
    }),
  );
  const linears = stages.flat();
  const prefix = commonPrefix(linears.map(({ module }) => module));
  const quantized = new Set(linears.map(({ module }) => `${module}.weight`));
  const dense = [...tensors.keys()].filter(
    (name) => name.startsWith(prefix) && !quantized.has(name),
  );
  return { layer, stages, linears, dense };
}

/** The dotted path that all modules of a block share, such as "model.layers.3.". */
function commonPrefix(modules: readonly string[]): string {
  const parts = modules.map((module) => module.split('.'));
  let depth = 0;
  while (parts.every((part) => part[depth] === parts[0]![depth])) depth++;
  return parts[0]!
    .slice(0, depth)
    .map((part) => `${part}.`)
    .join('');
}

function checkTensor({ tensors, dir }: Checkpoint, name: string, shape: readonly number[]): void {
  const entry = tensors.get(name);
  const found = entry && `[${entry.shape.join(', ')}]`;
  if (found === `[${shape.join(', ')}]`) return;
  throw new KintsugiError(
    'CHECKPOINT_INVALID',
    found
      ? `${name} has shape ${found}; config.json makes it [${shape.join(', ')}]`
      : `The checkpoint has no tensor ${name}`,
    { file: entry?.path ?? dir, field: name, next: 'Download the model again.' },
  );
}

const alreadyCompressed = ({ dir, quantization }: Checkpoint) =>
  new KintsugiError('QUANTIZATION_INVALID', 'The model is already compressed', {
    file: join(dir, quantization ? 'config.json' : 'kintsugi.json'),
    field: quantization ? 'quantization_config' : 'recipe',
    next: 'Compress the original model instead.',
  });

function checkCalibration(
  options: CompressionOptions,
  calibration: CalibrationIds | undefined,
  config: ModelConfig,
): void {
  const invalid = (message: string, next: string) =>
    new KintsugiError('DATA_INVALID', message, { field: 'calibration', next });
  if (calibration === undefined) {
    if (!compressorOf(options).needsCalibration) return;
    throw invalid(
      `${methodName(options.method)} needs calibration text`,
      'Give calibration text, or choose rtn or magnitude.',
    );
  }
  const { ids, length } = calibration;
  if (length < 1 || length > config.maxPositions)
    throw invalid(
      `Calibration sequences of ${length} tokens do not fit the model`,
      `Choose a length of 1…${config.maxPositions}.`,
    );
  if (ids.length === 0 || ids.length % length !== 0)
    throw invalid(
      `${ids.length} calibration tokens are not whole sequences of ${length}`,
      'Give more text, or shorter sequences.',
    );
  const bad = ids.find((id) => id < 0 || id >= config.vocabularySize);
  if (bad !== undefined)
    throw invalid(
      `Token id ${bad} is outside the vocabulary of ${config.vocabularySize}`,
      "Tokenize the calibration text with the model's own tokenizer.",
    );
}

function textOf({ ids, length }: CalibrationIds) {
  const sequences = ids.length / length;
  return { sequences, length, batch: batchOf(sequences, length) };
}

function countBytes({ tensors }: Checkpoint, quantized: ReadonlySet<string>) {
  const entries = [...tensors.values()];
  const inMemory = (chosen: readonly TensorEntry[]) =>
    chosen.reduce((sum, { shape }) => sum + 4 * shape.reduce((size, n) => size * n, 1), 0);
  const files = [...new Set(entries.map(({ path }) => path))];
  return {
    disk: files.reduce((sum, path) => sum + statSync(path).size, 0),
    memory: inMemory(entries),
    dense: inMemory(entries.filter(({ name }) => !quantized.has(name))),
  };
}
