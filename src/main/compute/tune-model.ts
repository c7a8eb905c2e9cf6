import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBank } from '../../core/export/bank.ts';
import type { Selector } from '../../core/select/selector.ts';
import { type BankProgress, tuneBank } from '../../core/tune/bank.ts';
import { tuneJointly } from '../../core/tune/joint.ts';
import { type LoraShape, tuneLora } from '../../core/tune/lora.ts';
import { tunePrefix } from '../../core/tune/prefix.ts';
import { type PromptOptions, tunePrompt } from '../../core/tune/prompt.ts';
import { splitValidation } from '../../core/tune/sequences.ts';
import type { BankSplit } from '../../core/tune/shares.ts';
import type { Progress } from '../../core/tune/train.ts';
import type { Subject, TuneData, TuneOptions, TuneRun } from '../../core/tune/tune.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { adapterParameters } from './adapted.ts';
import { inField } from './check-recipe.ts';
import { type EngineChoice, openEngine } from './engine.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { makeFolder, refuseOccupied } from './output.ts';
import { modelFolder } from './starter.ts';
import { saveAdapter, saveBank, savePrefix, type TunedOn } from './tuned-folders.ts';
import { namedExamples } from './tuning-examples.ts';

/** Share of the facts that choose the best step. */
const VALIDATION_SHARE = 0.1;

interface PromptKind {
  readonly tokens: number;
  /** `vocabulary`, `text:…`, or `bank:DIR` and `bank:DIR#NAME` to go on from a tuned prompt. */
  readonly init: string;
}

export type TuneKind =
  | ({ readonly kind: 'prompt' | 'prefix' } & PromptKind)
  | ({ readonly kind: 'lora' } & LoraShape)
  | (PromptKind & {
      readonly kind: 'bank';
      readonly bank: BankSplit;
      /** All prompts in one pass, which an adapter beside them needs. */
      readonly joint: boolean;
      readonly lora: LoraShape | null;
    });

export interface TuneRequest {
  /** "starter" or a model folder. */
  readonly model: string;
  /** A data file, a dataset as `sourceFiles` takes it, or the training half of `task:NAME[,NAME]`. */
  readonly data: string;
  /** Where the datasets of benchmarks are; the hub's cache by default. */
  readonly dataDir?: string | undefined;
  readonly out: string;
  readonly what: TuneKind;
  readonly options: TuneOptions;
}

export interface Tuned {
  /** The step whose parameters were kept, and its validation loss. */
  readonly best: { readonly step: number; readonly validation: number } | null;
  readonly parameters: number;
}

interface TuneWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onNotice: (message: string) => void;
}

/**
 * Tunes a prompt (written as a bank of one), a bank, a prefix or a LoRA adapter; a bank with an
 * adapter is written as two folders in `out`. Cut off, it goes on from its last training checkpoint
 * when started again with the same settings.
 * @throws KintsugiError OUTPUT_UNWRITABLE when `out` holds something, and as tuning does
 */
export async function tuneModel(
  { model, data, dataDir, out, what, options }: TuneRequest,
  engine: EngineChoice,
  watch: TuneWatch,
): Promise<Tuned> {
  await refuseOccupied(out);
  const examples = await inField('data', namedExamples(data, dataDir));
  const loaded = await loadModel(modelFolder(model));
  const { train, validation } = splitValidation(examples, VALIDATION_SHARE, options.seed);
  const subject = {
    engine: await openEngine(engine),
    model: loaded.model,
    modelHash: loaded.checkpoint.hash,
    tokenizer: loaded.tokenizer,
  };
  const on = { loaded, model, seed: options.seed };
  const start = what.kind === 'lora' ? {} : await startOf(what.init, loaded);
  const checkpointDir = `${out}.training`;
  await makeFolder(checkpointDir);
  const tuned = await tuneKind(subject, { examples: train, validation }, what, {
    options: { ...options, ...start },
    run: { checkpointDir, ...watch },
    save: { out, on },
  });
  await rm(checkpointDir, { recursive: true, force: true });
  return tuned;
}

interface TuneHow {
  readonly options: TuneOptions & Pick<PromptOptions, 'start'>;
  readonly run: TuneRun & Pick<TuneWatch, 'onProgress'>;
  readonly save: { readonly out: string; readonly on: TunedOn };
}

async function tuneKind(
  subject: Subject,
  data: TuneData,
  what: TuneKind,
  how: TuneHow,
): Promise<Tuned> {
  const { options, run } = how;
  const { out, on } = how.save;
  switch (what.kind) {
    case 'prompt': {
      const tuned = await tunePrompt(subject, data, { ...options, ...what, name: 'prompt' }, run);
      await saveBank(out, [tuned], { kind: 'fixed', prompt: 0 }, on);
      return { best: tuned.best ?? null, parameters: tuned.prompt.embeddings.length };
    }
    case 'prefix': {
      const { prefix, best } = await tunePrefix(
        subject,
        data,
        { ...options, ...what, name: 'prefix' },
        run,
      );
      await savePrefix(out, prefix, on);
      return { best: best ?? null, parameters: prefix.values.length };
    }
    case 'lora': {
      const { adapter, best } = await tuneLora(subject, data, { ...options, ...what }, run);
      await saveAdapter(out, adapter, on);
      return { best: best ?? null, parameters: adapterParameters(adapter) };
    }
    case 'bank':
      return what.joint || what.lora
        ? tuneTogether(subject, data, what, how)
        : tuneInTurn(subject, data, what, how);
  }
}

type BankKind = Extract<TuneKind, { kind: 'bank' }>;

const DYNAMIC: Selector = { kind: 'idp', layer: 0 };

async function tuneInTurn(
  subject: Subject,
  data: TuneData,
  what: BankKind,
  { options, run, save }: TuneHow,
): Promise<Tuned> {
  const onProgress = (progress: BankProgress) => {
    const { promptIndex, prompts, step, steps } = progress;
    run.onProgress({ ...progress, step: promptIndex * steps + step, steps: prompts * steps });
  };
  const tuned = await tuneBank(subject, data, { ...options, ...what }, { ...run, onProgress });
  await saveBank(save.out, tuned, DYNAMIC, save.on);
  const parameters = tuned.reduce((sum, { prompt }) => sum + prompt.embeddings.length, 0);
  return { best: null, parameters };
}

async function tuneTogether(
  subject: Subject,
  data: TuneData,
  { lora, ...what }: BankKind,
  { options, run, save: { out, on } }: TuneHow,
): Promise<Tuned> {
  const joint = { ...options, ...what, ...(lora ? { lora } : {}) };
  const { prompts, adapter, best } = await tuneJointly(subject, data, joint, run);
  const bank = prompts.map((prompt) => ({ prompt, best }));
  await saveBank(adapter ? join(out, 'bank') : out, bank, DYNAMIC, on);
  if (adapter) await saveAdapter(join(out, 'lora'), adapter, on);
  const inPrompts = prompts.reduce((sum, { embeddings }) => sum + embeddings.length, 0);
  return {
    best: best ?? null,
    parameters: inPrompts + (adapter ? adapterParameters(adapter) : 0),
  };
}

const BANK = 'bank:';

/** The tuned prompt that `init` names, if it names one. @throws KintsugiError ARGUMENT_INVALID */
async function startOf(init: string, loaded: LoadedModel): Promise<Pick<PromptOptions, 'start'>> {
  if (!init.startsWith(BANK)) return {};
  const [dir = '', name] = init.slice(BANK.length).split('#');
  const { prompts } = await readBank(dir);
  const start = name === undefined ? prompts[0] : prompts.find((prompt) => prompt.name === name);
  if (start === undefined)
    throw new KintsugiError('ARGUMENT_INVALID', `The bank ${dir} has no prompt "${name}"`, {
      field: 'init',
      next: `Choose among: ${prompts.map((prompt) => prompt.name).join(', ')}.`,
    });
  if (start.width !== loaded.model.config.embeddingSize)
    throw new KintsugiError(
      'ARGUMENT_INVALID',
      `The prompt is ${start.width} wide, the model ${loaded.model.config.embeddingSize}`,
      { field: 'init', next: 'Start from a prompt that was tuned for this model.' },
    );
  return { start };
}
