/** The starter, or another size of it, compressed, with the starter's tasks split as a run would. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/core/engine/program.ts';
import { loadTasks, type Task, tuningExamples } from '../../src/core/evaluate/tasks.ts';
import { splitValidation } from '../../src/core/tune/sequences.ts';
import type { Subject, TuneData } from '../../src/core/tune/tune.ts';
import { compressModel } from '../../src/main/compute/compress-model.ts';
import { openEngine } from '../../src/main/compute/engine.ts';
import { type LoadedModel, loadModel } from '../../src/main/compute/load-model.ts';
import { limitsOf } from '../../src/main/compute/model-shape.ts';
import { modelFolder, starter } from '../../src/main/compute/starter.ts';
import type { Compression } from '../../src/shared/compression.ts';
import { fitCompression } from '../../src/shared/model-limits.ts';
import { PRESETS } from '../../src/shared/presets.ts';

export interface Setup {
  readonly engine: Engine;
  readonly original: LoadedModel;
  /** As the model can take it. */
  readonly compression: Compression;
  /** The same, compressed. */
  readonly loaded: LoadedModel;
  readonly subject: Subject;
  readonly tasks: readonly Task[];
  data(seed: number): TuneData;
}

/** With the starter as the quick preset compresses it. */
export const withCompressedStarter = <T>(use: (setup: Setup) => Promise<T>): Promise<T> =>
  withCompressed('starter', PRESETS.quick.compression, use);

/** @param name "starter", or the folder of another model with its vocabulary */
export async function withCompressed<T>(
  name: string,
  compression: Compression,
  use: (setup: Setup) => Promise<T>,
): Promise<T> {
  const silent = () => undefined;
  const choice = { device: 'cpu', threads: 0 } as const;
  const dir = await mkdtemp(join(tmpdir(), 'kintsugi-science-'));
  const out = join(dir, 'model');
  try {
    const run = {
      signal: new AbortController().signal,
      onProgress: silent,
      onNotice: silent,
      onEstimate: silent,
    };
    const original = await loadModel(modelFolder(name));
    const fitting = fitCompression(compression, limitsOf(original.model));
    await compressModel(name, choice, fitting, { out, seed: 0 }, run);
    const engine = await openEngine(choice);
    const loaded = await loadModel(out);
    const { model, checkpoint, tokenizer } = loaded;
    const tasks = await loadTasks(starter.tasks);
    const examples = tasks.flatMap(tuningExamples);
    return await use({
      engine,
      original,
      loaded,
      compression: fitting,
      subject: { engine, model, modelHash: checkpoint.hash, tokenizer },
      tasks,
      data(seed) {
        const { train, validation } = splitValidation(examples, 0.1, seed);
        return { examples: train, validation };
      },
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** When and where the figures below it were measured. */
export function printHeading(what: string): void {
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, ${cpus().length} × ${cpus()[0]?.model.trim()}: ${what}\n`);
}
