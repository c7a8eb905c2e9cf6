import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { availableMemory, resourceUsage } from 'node:process';
import { refuseOccupied } from '../checkpoint/atomic.ts';
import { type FloatDtype, widen } from '../checkpoint/dtype.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import {
  copyOf,
  readFloat32,
  type TensorData,
  type TensorEntry,
  type TensorStream,
  transpose,
} from '../checkpoint/safetensors.ts';
import { free } from '../free.ts';
import { recogniseModel } from '../models/recognise.ts';
import type { Block, Calibration, Linear } from './calibrate.ts';
import { freeDisk, requireDisk, requireMemory } from './estimate.ts';
import { asStored, linearTensors, shardName, writeCompanions, writeIndex } from './folder.ts';
import type { Algebra } from './gemm.ts';
import type { CompressionJob } from './job.ts';
import { compressorOf } from './methods.ts';
import { createOrtAlgebra } from './ort-gemm.ts';
import { openPartial, type PartialWork } from './partial.ts';
import { pause } from './pause.ts';
import { type CompressionPlan, type PlannedBlock, planCompression } from './plan.ts';
import { createProgress } from './progress.ts';
import { type CompressedLinear, dequantize } from './quantized.ts';
import { type CompressionReport, type LayerReport, linearBytes, shareOfZeros } from './report.ts';
import { createRoute } from './route.ts';
import { createStopwatch, type Stopwatch } from './stopwatch.ts';

/**
 * Compresses a model's linears block by block (METHODS.md B, true-sequential) into a new folder with
 * a report: GPTQ v2 where they are quantised, dense with zeros where they are only pruned. One
 * block's weights are in memory at a time; embeddings and head stay dense, and are streamed. Finished
 * blocks lie in `partial` until the folder is complete: whenever the work is cut off, the same job
 * goes on from them, to the same bits.
 * @throws KintsugiError QUANTIZATION_INVALID, DATA_INVALID, UNSUPPORTED_ARCHITECTURE,
 * MEMORY_INSUFFICIENT and OUTPUT_UNWRITABLE before any work; OUTPUT_UNWRITABLE when the disk fills up
 * and CANCELLED when `signal` fires, keeping finished blocks.
 */
export async function compress(given: CompressionJob): Promise<CompressionReport> {
  const started = performance.now();
  const job = { ...given, checkpoint: recogniseModel(given.checkpoint).checkpoint };
  const plan = planCompression(job.checkpoint, job.options, job.calibration);
  requireMemory(plan.memory, job.memory ?? availableMemory());
  await refuseOccupied(job.out);
  await pause(job.signal);
  const work = await openPartial(job.partial ?? `${job.out}.partial`, {
    job: identityOf(job),
    discardOther: job.discardOther ?? false,
    notice: job.onNotice ?? (() => {}),
  });
  const secondsBefore = work.secondsBefore;
  const written = [...work.shards.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  requireDisk(plan.disk, written + (await freeDisk(work.model)), work.model);
  const stopwatch = createStopwatch();
  const layers = await compressBlocks(job, plan, { work, stopwatch });
  await pause(job.signal);
  const { shards } = work;
  const disk = [...shards.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const names = new Map([...shards].map(([file, { tensors }]) => [file, tensors]));
  await writeIndex(work.model, names, disk);
  const seconds = secondsBefore + (performance.now() - started) / 1000;
  const phases = stopwatch.read();
  const report = makeReport(job, plan, { layers, seconds, phases, disk });
  await writeCompanions(work.model, job.checkpoint, report);
  await work.finish(job.out);
  return report;
}

/** Everything that decides the result. */
function identityOf({ checkpoint, options, calibration, engine, seed }: CompressionJob) {
  const hash = createHash('sha256');
  if (calibration) hash.update(new Uint8Array(calibration.ids.slice().buffer));
  const text = calibration && { ids: hash.digest('hex'), length: calibration.length };
  return { base: checkpoint.hash, options, calibration: text, device: engine.device, seed };
}

async function compressBlocks(
  job: CompressionJob,
  plan: CompressionPlan,
  { work, stopwatch }: { readonly work: PartialWork; readonly stopwatch: Stopwatch },
): Promise<LayerReport[]> {
  const count = plan.blocks.length + 1;
  const rest = shardName(1, count);
  if (!work.shards.has(rest)) await work.add(rest, copies(job.checkpoint, plan.rest), []);
  const algebra = createOrtAlgebra(job.threads ?? availableParallelism());
  const route = createRoute(job, plan, { algebra, stopwatch, work });
  const progress = createProgress(plan, job.onProgress);
  const layers: LayerReport[] = [];
  try {
    for (const block of plan.blocks) {
      const file = shardName(block.layer + 2, count);
      const finished = work.shards.get(file);
      if (finished) progress.skip(finished.layers);
      else {
        await pause(job.signal);
        const calibration = await route.to(block.layer);
        const report = progress.block(block.layer);
        const done = await compressBlock({ job, calibration, algebra, stopwatch, report }, block);
        const next = route.passed(block.layer);
        await stopwatch.time('write', () => work.add(file, done.tensors, done.layers, next));
        for (const { data } of done.tensors) if (typeof data !== 'function') free(data);
      }
      layers.push(...work.shards.get(file)!.layers);
    }
  } finally {
    await algebra.release();
  }
  return layers;
}

interface BlockContext {
  readonly job: CompressionJob;
  readonly calibration: Calibration | undefined;
  readonly algebra: Algebra;
  readonly stopwatch: Stopwatch;
  readonly report: (layer: LayerReport) => void;
}

/** Stages in true-sequential order: each sees inputs made by the stages quantised before it. */
async function compressBlock(
  { report, ...context }: BlockContext,
  { layer, linears, stages, dense }: PlannedBlock,
): Promise<{ tensors: (TensorData | TensorStream)[]; layers: LayerReport[] }> {
  const { checkpoint, signal } = context.job;
  const weights = new Map<string, () => Float32Array>();
  const block = { layer, linears, weights };
  const tensors: TensorData[] = [];
  const codes: Uint8Array[] = [];
  const layers: LayerReport[] = [];
  const collect = (layer: LayerReport) => {
    layers.push(layer);
    report(layer);
  };
  for (const stage of stages) {
    const done = await compressStage({ ...context, report: collect }, block, stage);
    for (const linear of done) {
      tensors.push(...linear.tensors);
      weights.set(linear.module, linear.weight);
      if (linear.codes) codes.push(linear.codes);
    }
  }
  await pause(signal);
  await context.calibration?.advance(block);
  for (const array of codes) free(array);
  return { tensors: [...tensors, ...copies(checkpoint, dense)], layers };
}

interface FinishedLinear {
  readonly module: string;
  readonly tensors: readonly TensorData[];
  /** Makes the weight [out, in] that the tensors hold; waiting, a block takes little memory. */
  readonly weight: () => Float32Array;
  /** What it makes it from, to be freed with the block. */
  readonly codes: Uint8Array | undefined;
}

/** Compresses linears that read one input. */
async function compressStage(
  { job: { checkpoint, options, signal }, calibration, algebra, stopwatch, report }: BlockContext,
  block: Block,
  stage: readonly Linear[],
): Promise<FinishedLinear[]> {
  await pause(signal);
  let since = performance.now();
  const compressor = compressorOf(options);
  const columns = stage[0]!.in;
  const hessian = await calibration?.hessian(block, stage[0]!);
  const factor =
    hessian &&
    (await stopwatch.time('factor', async () => compressor.prepare?.(hessian, columns, algebra)));
  const shared = { in: columns, ...(hessian && { hessian }), ...(factor && { factor }) };
  const done: FinishedLinear[] = [];
  for (const { module, out } of stage) {
    await pause(signal);
    const entry = checkpoint.tensors.get(`${module}.weight`)!;
    const weight = readFloat32(entry);
    const problem = { weight, out, ...shared };
    const compressed = await stopwatch.time('solve', () => compressor.compress(problem, algebra));
    const linear = asStored(compressed, entry);
    const tensors = linearTensors(module, linear, entry);
    const codes = linear.quantized?.codes;
    done.push({ module, tensors, weight: decoding(linear, tensors, entry), codes });
    const now = performance.now();
    const [seconds, memory] = [(now - since) / 1000, linearBytes(linear)];
    since = now;
    const { error, damping } = linear;
    const sparsity = shareOfZeros(linear.weight);
    report({ module, out, in: columns, sparsity, error, damping, memory, seconds });
    free(weight);
    // A dense weight in fp32 is itself what will be written.
    if (!tensors.some(({ data }) => data.buffer === linear.weight.buffer)) free(linear.weight);
  }
  if (hessian) free(hessian);
  if (factor) free(factor.upper);
  return done;
}

/** Makes the weight again from its codes, or from the one tensor of a weight that stays dense. */
function decoding(
  { quantized }: CompressedLinear,
  [dense]: readonly TensorData[],
  { shape, transposed }: TensorEntry,
) {
  if (quantized) return () => dequantize(quantized);
  const { dtype, data } = dense!;
  return () => {
    const values = widen(dtype as FloatDtype, data.slice());
    return transposed ? transpose(values, shape) : values;
  };
}

const copies = ({ tensors }: Checkpoint, names: readonly string[]): TensorStream[] =>
  names.map((name) => copyOf(tensors.get(name)!));

function makeReport(
  { checkpoint, options, calibration, seed }: CompressionJob,
  plan: CompressionPlan,
  done: {
    readonly layers: readonly LayerReport[];
    readonly seconds: number;
    readonly phases: CompressionReport['phases'];
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
    process: { estimated: plan.memory.total, peak: resourceUsage().maxRSS * 1024 },
    seconds: done.seconds,
    phases: done.phases,
  };
}
