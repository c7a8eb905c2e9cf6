import { availableParallelism } from 'node:os';
import { availableMemory, resourceUsage } from 'node:process';
import type { CompressionOptions } from '../../shared/compression.ts';
import { writeFolderAtomic } from '../checkpoint/atomic.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import { readFloat32, readRaw, type TensorData } from '../checkpoint/safetensors.ts';
import type { Engine } from '../engine/program.ts';
import { recogniseModel } from '../models/recognise.ts';
import { storedWeights } from '../models/weights.ts';
import {
  type Block,
  type Calibration,
  type CalibrationIds,
  type Linear,
  startCalibration,
} from './calibrate.ts';
import { requireMemory } from './estimate.ts';
import {
  asStored,
  createShardWriter,
  linearTensors,
  type ShardWriter,
  writeCompanions,
} from './folder.ts';
import type { Algebra } from './gemm.ts';
import { compressorOf } from './methods.ts';
import { createOrtAlgebra } from './ort-gemm.ts';
import { pause } from './pause.ts';
import { type CompressionPlan, type PlannedBlock, planCompression } from './plan.ts';
import { type CompressionReport, type LayerReport, linearBytes, shareOfZeros } from './report.ts';

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
  /** Needed by methods that look at inputs; the others only measure their error with it. */
  readonly calibration?: CalibrationIds;
  readonly engine: Engine;
  /** Recorded: the calibration text was drawn with it. */
  readonly seed: number;
  readonly onProgress?: (progress: CompressionProgress) => void;
  readonly signal?: AbortSignal;
  /** Bytes that may be used; what is free by default, Infinity to try regardless. */
  readonly memory?: number;
  /** CPU threads for the solver's matrix products; all cores by default. */
  readonly threads?: number;
}

/**
 * Compresses a model's linears block by block (METHODS.md B, true-sequential) into a new folder with
 * a report: GPTQ v2 where they are quantised, dense with zeros where they are only pruned. One block's weights are in memory at a time; embeddings and head stay dense.
 * @throws KintsugiError QUANTIZATION_INVALID, DATA_INVALID, UNSUPPORTED_ARCHITECTURE,
 * MEMORY_INSUFFICIENT and OUTPUT_UNWRITABLE before any work; CANCELLED when `signal` fires, leaving
 * nothing behind.
 */
export async function compress(given: CompressionJob): Promise<CompressionReport> {
  const started = performance.now();
  const job = { ...given, checkpoint: recogniseModel(given.checkpoint).checkpoint };
  const plan = planCompression(job.checkpoint, job.options, job.calibration);
  requireMemory(plan.estimate, job.memory ?? availableMemory());
  let report: CompressionReport | undefined;
  await writeFolderAtomic(job.out, async (dir) => {
    const shards = createShardWriter(dir, plan.blocks.length + 1);
    const layers = await compressBlocks(job, plan, shards);
    await shards.finish();
    await pause(job.signal);
    const seconds = (performance.now() - started) / 1000;
    report = makeReport(job, plan, { layers, seconds, disk: shards.bytesWritten() });
    await writeCompanions(dir, job.checkpoint, report);
  });
  return report!;
}

async function compressBlocks(
  job: CompressionJob,
  plan: CompressionPlan,
  shards: ShardWriter,
): Promise<LayerReport[]> {
  await pause(job.signal);
  await shards.add(readDense(job.checkpoint, plan.rest));
  const calibration = await calibrationOf(job, plan);
  const algebra = createOrtAlgebra(job.threads ?? availableParallelism());
  const layers: LayerReport[] = [];
  const report = reporter(job, plan, layers);
  try {
    for (const block of plan.blocks)
      await shards.add(await compressBlock({ job, calibration, algebra, report }, block));
  } finally {
    await algebra.release();
  }
  return layers;
}

async function calibrationOf(
  { checkpoint, calibration, engine, signal }: CompressionJob,
  { family, config }: CompressionPlan,
): Promise<Calibration | undefined> {
  const model = { family, config, weights: storedWeights(checkpoint.tensors) };
  return calibration && startCalibration(engine, model, calibration, signal);
}

/** Collects the layers' reports and tells them on, with the time left at the mean pace. */
function reporter(job: CompressionJob, plan: CompressionPlan, layers: LayerReport[]) {
  const total = plan.blocks.reduce((sum, block) => sum + block.linears.length, 0);
  const started = performance.now();
  return (layer: LayerReport) => {
    layers.push(layer);
    const pace = (performance.now() - started) / 1000 / layers.length;
    const secondsLeft = pace * (total - layers.length);
    job.onProgress?.({ done: layers.length, total, layer, secondsLeft });
  };
}

interface BlockContext {
  readonly job: CompressionJob;
  readonly calibration: Calibration | undefined;
  readonly algebra: Algebra;
  readonly report: (layer: LayerReport) => void;
}

/** Stages in true-sequential order: each sees inputs made by the stages quantised before it. */
async function compressBlock(
  context: BlockContext,
  { layer, linears, stages, dense }: PlannedBlock,
): Promise<TensorData[]> {
  const { checkpoint, signal } = context.job;
  const weights = new Map(
    linears.map(({ module }) => [module, readWeight(checkpoint, module)] as const),
  );
  const tensors: TensorData[] = [];
  for (const stage of stages)
    tensors.push(...(await compressStage(context, { layer, linears, weights }, stage)));
  await pause(signal);
  await context.calibration?.advance({ layer, linears, weights });
  return [...tensors, ...readDense(checkpoint, dense)];
}

/** Compresses linears that read one input, and puts what is left of them into `block.weights`. */
async function compressStage(
  { job: { checkpoint, options, signal }, calibration, algebra, report }: BlockContext,
  block: Block,
  stage: readonly Linear[],
): Promise<TensorData[]> {
  await pause(signal);
  let since = performance.now();
  const compressor = compressorOf(options);
  const columns = stage[0]!.in;
  const hessian = await calibration?.hessian(block, stage[0]!);
  const factor = hessian && (await compressor.prepare?.(hessian, columns, algebra));
  const shared = { in: columns, ...(hessian && { hessian }), ...(factor && { factor }) };
  const tensors: TensorData[] = [];
  for (const { module, out } of stage) {
    await pause(signal);
    const entry = checkpoint.tensors.get(`${module}.weight`)!;
    const problem = { weight: block.weights.get(module)!, out, ...shared };
    const linear = asStored(await compressor.compress(problem, algebra), entry);
    block.weights.set(module, linear.weight);
    tensors.push(...linearTensors(module, linear, entry));
    const now = performance.now();
    const [seconds, memory] = [(now - since) / 1000, linearBytes(linear)];
    since = now;
    const { error, damping } = linear;
    const sparsity = shareOfZeros(linear.weight);
    report({ module, out, in: columns, sparsity, error, damping, memory, seconds });
  }
  return tensors;
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

function makeReport(
  { checkpoint, options, calibration, seed }: CompressionJob,
  plan: CompressionPlan,
  done: {
    readonly layers: readonly LayerReport[];
    readonly seconds: number;
    readonly disk: number;
  },
): CompressionReport {
  const length = calibration?.length ?? 0;
  const sequences = calibration ? calibration.ids.length / length : 0;
  const codes = done.layers.reduce((sum, { memory }) => sum + memory, 0);
  return {
    format: 'kintsugi-compression',
    version: 2,
    base: checkpoint.hash,
    architecture: plan.config.architecture,
    recipe: options,
    calibration: { sequences, length },
    seed,
    layers: done.layers,
    disk: { original: plan.bytes.disk, compressed: done.disk },
    memory: { original: plan.bytes.memory, compressed: plan.bytes.dense + codes },
    process: { estimated: plan.estimate.total, peak: resourceUsage().maxRSS * 1024 },
    seconds: done.seconds,
  };
}
