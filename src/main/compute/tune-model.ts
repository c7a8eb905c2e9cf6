import { rm } from 'node:fs/promises';
import { loadTasks, tuningExamples } from '../../core/evaluate/tasks.ts';
import { loadExamples } from '../../core/tune/data.ts';
import { tuneLora } from '../../core/tune/lora.ts';
import { tunePrompt } from '../../core/tune/prompt.ts';
import { splitValidation } from '../../core/tune/sequences.ts';
import type { Progress } from '../../core/tune/train.ts';
import type { TuneOptions, TuneRun } from '../../core/tune/tune.ts';
import type { Example } from '../../core/tune/types.ts';
import { adapterParameters } from './adapted.ts';
import { type EngineChoice, openEngine } from './engine.ts';
import { loadModel } from './load-model.ts';
import { makeFolder, refuseOccupied } from './output.ts';
import { modelFolder, starter } from './starter.ts';
import { saveAdapter, saveBank } from './tuned-folders.ts';

/** Share of the facts that choose the best step. */
const VALIDATION_SHARE = 0.1;

export type TuneKind =
  | { readonly kind: 'prompt'; readonly tokens: number; readonly init: string }
  | {
      readonly kind: 'lora';
      readonly rank: number;
      readonly alpha: number;
      readonly targets: readonly string[];
    };

export interface TuneRequest {
  /** "starter" or a model folder. */
  readonly model: string;
  /** A data file, or `starter:TASK[,TASK]`. */
  readonly data: string;
  readonly out: string;
  readonly what: TuneKind;
  readonly options: TuneOptions;
}

export interface Tuned {
  /** The step whose parameters were kept, and its validation loss. */
  readonly best: { readonly step: number; readonly validation: number } | null;
  readonly parameters: number;
}

/**
 * Tunes a prompt (written as a bank of one) or a LoRA adapter. Cut off, it goes on from its last
 * training checkpoint when started again with the same settings.
 * @throws KintsugiError OUTPUT_UNWRITABLE when `out` holds something, and as tuning does
 */
export async function tuneModel(
  { model, data, out, what, options }: TuneRequest,
  engine: EngineChoice,
  run: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: Progress) => void;
    readonly onNotice: (message: string) => void;
  },
): Promise<Tuned> {
  await refuseOccupied(out);
  const examples = await readData(data);
  const loaded = await loadModel(modelFolder(model));
  const { train, validation } = splitValidation(examples, VALIDATION_SHARE, options.seed);
  const subject = {
    engine: await openEngine(engine),
    model: loaded.model,
    modelHash: loaded.checkpoint.hash,
    tokenizer: loaded.tokenizer,
  };
  const on = { loaded, model, seed: options.seed };
  const checkpointDir = `${out}.training`;
  await makeFolder(checkpointDir);
  const tuneRun: TuneRun = { checkpointDir, ...run };
  const tuningData = { examples: train, validation };
  const tune = async (): Promise<Tuned> => {
    if (what.kind === 'prompt') {
      const prompt = { ...options, name: 'prompt', tokens: what.tokens, init: what.init };
      const tuned = await tunePrompt(subject, tuningData, prompt, tuneRun);
      await saveBank(out, [tuned], { kind: 'fixed', prompt: 0 }, on);
      return { best: tuned.best ?? null, parameters: tuned.prompt.embeddings.length };
    }
    const { adapter, best } = await tuneLora(subject, tuningData, { ...options, ...what }, tuneRun);
    await saveAdapter(out, adapter, on);
    return { best: best ?? null, parameters: adapterParameters(adapter) };
  };
  const tuned = await tune();
  await rm(checkpointDir, { recursive: true, force: true });
  return tuned;
}

const TASKS = 'starter:';

async function readData(data: string): Promise<Example[]> {
  if (!data.startsWith(TASKS)) return loadExamples(data);
  const names = data.slice(TASKS.length).split(',');
  return (await loadTasks(starter.tasks, names)).flatMap(tuningExamples);
}
