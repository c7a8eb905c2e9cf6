import { availableMemory } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { KintsugiError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { readFloat32, readRaw, type TensorData } from '../checkpoint/safetensors.ts';
import type { Engine } from '../engine/program.ts';
import { storedWeights } from '../models/weights.ts';
import {
  type Block,
  type Calibration,
  type CalibrationIds,
  startCalibration,
} from './calibrate.ts';
import { requireMemory } from './estimate.ts';
import { createFolderWriter, type FolderWriter, linearTensors } from './folder.ts';
import { gptq } from './gptq.ts';
import type { QuantizationMethod } from './method.ts';
import type { CompressionOptions } from './options.ts';
import { type CompressionPlan, type PlannedBlock, planCompression } from './plan.ts';
import { dequantize } from './quantized.ts';
import { type CompressionReport, kernelBytes, type LayerReport } from './report.ts';
import { rtn } from './rtn.ts';

const methods: Readonly<Record<CompressionOptions['method'], QuantizationMethod>> = { gptq, rtn };

export interface CompressionProgress {
  /** Linears done, of `total`. */
  readonly done: number;
  readonly total: number;
  /** The linear just done. */
  readonly layer: LayerReport;
  readonly secondsLeft: number;
}

export interface CompressionJob {
  readonly checkpoint: Checkpoint;
  /** Folder to make; may exist if it is empty. */
  readonly out: string;
  readonly options: CompressionOptions;
  /** Needed by GPTQ; round-to-nearest only measures its error with it. */
  readonly calibration?: CalibrationIds;
  readonly engine: Engine;
  /** Recorded: the calibration text was drawn with it. */
  readonly seed: number;
  readonly onProgress?: (progress: CompressionProgress) => void;
  readonly signal?: AbortSignal;
  /** Bytes that may be used; what is free by default, Infinity to try regardless. */
  readonly memory?: number;
}

/**
 * Quantises a model's linears block by block (METHODS.md B, true-sequential) into a GPTQ v2 folder
 * with a report. One block's weights are in memory at a time; embeddings and head stay dense.
 * @throws KintsugiError QUANTIZATION_INVALID, DATA_INVALID, UNSUPPORTED_ARCHITECTURE,
 * MEMORY_INSUFFICIENT and OUTPUT_UNWRITABLE before any work; CANCELLED when `signal` fires, leaving
 * nothing behind.
 */
export async function compress(job: CompressionJob): Promise<CompressionReport> {
  const started = performance.now();
  const plan = planCompression(job.checkpoint, job.options, job.calibration);
  requireMemory(plan.estimate, job.memory ?? availableMemory());
  const writer = await createFolderWriter(job.out, plan.blocks.length + 1);
  try {
    const layers = await compressBlocks(job, plan, writer);
    const report = makeReport(job, plan, layers, writer, (performance.now() - started) / 1000);
    await pause(job.signal);
    await writer.finish(job.checkpoint, report);
    return report;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function compressBlocks(
  job: CompressionJob,
  plan: CompressionPlan,
  writer: FolderWriter,
): Promise<LayerReport[]> {
  const { checkpoint, calibration } = job;
  await pause(job.signal);
  await writer.addShard(readDense(checkpoint, plan.rest));
  const { family, config } = plan;
  const model = { family, config, weights: storedWeights(checkpoint.tensors) };
  const run = calibration && (await startCalibration(job.engine, model, calibration));
  const total = plan.blocks.reduce((sum, block) => sum + block.linears.length, 0);
  const started = performance.now();
  const layers: LayerReport[] = [];
  for (const block of plan.blocks) {
    const report = (layer: LayerReport) => {
      layers.push(layer);
      const pace = (performance.now() - started) / 1000 / layers.length;
      const secondsLeft = pace * (total - layers.length);
      job.onProgress?.({ done: layers.length, total, layer, secondsLeft });
    };
    await writer.addShard(await compressBlock(job, block, run, report));
  }
  return layers;
}

/** Stages in true-sequential order: each sees inputs made by the stages quantised before it. */
async function compressBlock(
  { checkpoint, options, signal }: CompressionJob,
  planned: PlannedBlock,
  calibration: Calibration | undefined,
  report: (layer: LayerReport) => void,
): Promise<TensorData[]> {
  const { layer, linears, stages } = planned;
  const weights = new Map(
    linears.map(({ module }) => [module, readWeight(checkpoint, module)] as const),
  );
  const block: Block = { layer, linears, weights };
  const method = methods[options.method];
  const tensors: TensorData[] = [];
  for (const stage of stages) {
    await pause(signal);
    let since = performance.now();
    const columns = stage[0]!.in;
    const hessian = await calibration?.hessian(block, stage[0]!);
    const factor = hessian && (await method.prepare?.(hessian, columns, options));
    const shared = { ...(hessian && { hessian }), ...(factor && { factor }) };
    for (const { module, out } of stage) {
      await pause(signal);
      const weight = weights.get(module)!;
      const q = await method.quantizeLinear({ weight, out, in: columns, options, ...shared });
      weights.set(module, dequantize(q));
      tensors.push(...linearTensors(module, q));
      const { bits, groupSize, error, damping } = q;
      const now = performance.now();
      const seconds = (now - since) / 1000;
      since = now;
      const memory = kernelBytes(q);
      report({ module, out, in: columns, bits, groupSize, error, damping, memory, seconds });
    }
  }
  await pause(signal);
  await calibration?.advance(block);
  return [...tensors, ...readDense(checkpoint, planned.dense)];
}

function readWeight(checkpoint: Checkpoint, module: string): Float32Array {
  return readFloat32(checkpoint.tensors.get(`${module}.weight`)!);
}

function readDense({ tensors }: Checkpoint, names: readonly string[]): TensorData[] {
  return names.map((name) => {
    const entry = tensors.get(name)!;
    return { name, dtype: entry.dtype, shape: entry.shape, data: readRaw(entry) };
  });
}

/** Lets messages in (an abort among them), then stops if one asked for it. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted)
    throw new KintsugiError('CANCELLED', 'Compression was stopped', {
      next: 'Run it again; nothing was written.',
    });
}

function makeReport(
  { checkpoint, options, calibration, seed }: CompressionJob,
  plan: CompressionPlan,
  layers: readonly LayerReport[],
  writer: FolderWriter,
  seconds: number,
): CompressionReport {
  const length = calibration?.length ?? 0;
  const sequences = calibration ? calibration.ids.length / length : 0;
  const codes = layers.reduce((sum, { memory }) => sum + memory, 0);
  return {
    format: 'kintsugi-compression',
    version: 1,
    base: checkpoint.hash,
    architecture: plan.config.architecture,
    recipe: options,
    calibration: { sequences, length },
    seed,
    layers,
    disk: { original: plan.bytes.disk, compressed: writer.bytesWritten() },
    memory: { original: plan.bytes.memory, compressed: plan.bytes.dense + codes },
    seconds,
  };
}
