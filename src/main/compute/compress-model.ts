import { availableParallelism } from 'node:os';
import { compress } from '../../core/compress/compress.ts';
import { freeDisk, type SizeEstimate } from '../../core/compress/estimate.ts';
import { createOrtAlgebra } from '../../core/compress/ort-gemm.ts';
import { planCompression } from '../../core/compress/plan.ts';
import type { CompressionProgress } from '../../core/compress/progress.ts';
import type { CompressionReport } from '../../core/compress/report.ts';
import { estimateSeconds, measureSpeed } from '../../core/compress/work.ts';
import type { Engine } from '../../core/engine/program.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { calibrationFiles } from './data-source.ts';
import { type EngineChoice, openEngine } from './engine.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { modelFolder } from './starter.ts';
import { calibrationIds } from './text.ts';

export interface CompressionRun {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CompressionProgress) => void;
  readonly onNotice: (message: string) => void;
  /** Bytes that may be used; what is free by default. */
  readonly memory?: number;
}

export interface CompressionTarget {
  readonly out: string;
  readonly seed: number;
  /** Folder of our own for unfinished work; beside `out`, for the user to see, where there is none. */
  readonly partial?: string;
}

/** Compresses an open model into the new folder `out`, calibrated on text drawn with the seed. */
export async function compressLoaded(
  { checkpoint, tokenizer }: LoadedModel,
  engine: Engine,
  { calibration, ...options }: Recipe['compression'],
  { out, seed, partial }: CompressionTarget,
  run: CompressionRun,
): Promise<CompressionReport> {
  const files = await calibrationFiles(calibration.source);
  const ids = await calibrationIds(tokenizer, files, calibration, seed);
  const unfinished = partial === undefined ? {} : { partial, discardOther: true };
  return compress({
    checkpoint,
    out,
    options,
    calibration: ids,
    engine,
    seed,
    ...unfinished,
    ...run,
  });
}

/** What a compression will take, and what there is. */
export interface CompressionEstimate {
  readonly memory: SizeEstimate;
  readonly freeMemory: number;
  readonly disk: SizeEstimate;
  readonly freeDisk: number;
  /** At the speed that this machine showed just now. */
  readonly seconds: number;
}

/** Checks a compression as `compressModel` would, and estimates it. Writes nothing. */
export const estimateModel = async (
  model: string,
  engine: EngineChoice,
  compression: Recipe['compression'],
  to: CompressionTarget,
): Promise<CompressionEstimate> =>
  estimateLoaded(await loadModel(modelFolder(model)), engine, compression, to);

async function estimateLoaded(
  { checkpoint, tokenizer }: LoadedModel,
  { threads }: EngineChoice,
  { calibration, ...options }: Recipe['compression'],
  { out, seed }: CompressionTarget,
): Promise<CompressionEstimate> {
  const files = await calibrationFiles(calibration.source);
  const ids = await calibrationIds(tokenizer, files, calibration, seed);
  const plan = planCompression(checkpoint, options, ids);
  const algebra = createOrtAlgebra(threads === 0 ? availableParallelism() : threads);
  const seconds = estimateSeconds(plan, await measureSpeed(algebra));
  await algebra.release();
  return {
    memory: plan.memory,
    freeMemory: process.availableMemory(),
    disk: plan.disk,
    freeDisk: await freeDisk(out),
    seconds,
  };
}

/** Compresses a model folder, or the starter. @throws as `compress` */
export async function compressModel(
  model: string,
  engine: EngineChoice,
  compression: Recipe['compression'],
  to: CompressionTarget,
  run: CompressionRun & { readonly onEstimate: (estimate: CompressionEstimate) => void },
): Promise<CompressionReport> {
  const loaded = await loadModel(modelFolder(model));
  run.onEstimate(await estimateLoaded(loaded, engine, compression, to));
  return compressLoaded(loaded, await openEngine(engine), compression, to, run);
}
