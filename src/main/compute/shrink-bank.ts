import { compareArms } from '../../core/evaluate/comparison.ts';
import { type BankPrompt, readBank, type StoredBank, writeBank } from '../../core/export/bank.ts';
import { packedBytes } from '../../core/export/bank-file.ts';
import type { BankCost, BankTrial, ShrunkPrompt, Smaller } from '../../shared/contract/banks.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { bankArmId } from '../../shared/results.ts';
import { type Answer, readAnswers } from '../db/answers.ts';
import { findLibraryBank, type LibraryBank } from '../db/library.ts';
import type { Store } from '../db/open.ts';
import { findRun, type Run } from '../db/runs.ts';
import { bankArm } from './arms.ts';
import { hashFolder } from './artefact.ts';
import { askTasks } from './ask.ts';
import { roundedPrompts } from './bank-library.ts';
import { prunePrompts } from './prune-bank.ts';
import { openRun } from './run-arms.ts';
import { accuracies, toScored } from './summarise.ts';
import { loadBank } from './tuned-folders.ts';
import type { Workspace } from './workspace.ts';

/** Held-out inputs per task that the cost is measured on, at most. */
const ITEMS_PER_TASK = 100;

interface ShrinkRequest {
  readonly bankId: string;
  /** A finished run of the bank's model, whose inputs tell the cost; without one nothing does. */
  readonly runId: string | undefined;
  readonly smaller: Smaller;
  /** Empty or absent folder for the smaller bank. */
  readonly out: string;
}

interface ShrinkOptions {
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

/**
 * Writes a smaller bank and measures what that costs in accuracy, on the same inputs before and after.
 * @throws KintsugiError BANK_NOT_FOUND, RUN_NOT_FOUND, BANK_INVALID, BANK_INCOMPATIBLE, ARGUMENT_INVALID
 */
export async function shrinkBank(
  store: Store,
  { bankId, runId, smaller, out }: ShrinkRequest,
  { signal, progress }: ShrinkOptions,
): Promise<BankTrial> {
  const source = await findLibraryBank(store.db, bankId);
  const run = runId === undefined ? undefined : await findRun(store.db, runId);
  const workspace = run && openRun(run);
  const bank = workspace
    ? await loadBank(source.directory, await workspace.compressed())
    : await readBank(source.directory);
  const part = (from: number, to: number) => (share: number) => {
    signal.throwIfAborted();
    progress(from + (to - from) * share);
  };
  const { prompts, shrunk } = await smallerPrompts(bank, smaller, workspace, part(0, 0.4));
  await writeBank(out, { ...bank, prompts });
  return {
    hash: await hashFolder(out),
    prompts: shrunk,
    bytes: { before: packedBytes(bank.prompts), after: packedBytes(prompts) },
    cost:
      run && workspace
        ? await measureCost(store, { run, workspace, source }, [bank, { ...bank, prompts }], {
            signal,
            progress: part(0.4, 1),
          })
        : null,
  };
}

async function smallerPrompts(
  bank: StoredBank,
  smaller: Smaller,
  workspace: Workspace | undefined,
  progress: (share: number) => void,
): Promise<{ readonly prompts: BankPrompt[]; readonly shrunk: ShrunkPrompt[] }> {
  if (smaller.by === 'quantize') {
    const shrunk = bank.prompts.map(({ name, tokens }) => ({
      name,
      before: tokens,
      after: tokens,
      kept: null,
    }));
    return { prompts: roundedPrompts(bank, smaller.bits), shrunk };
  }
  if (workspace === undefined) throw needsRun();
  const { model, checkpoint, tokenizer } = await workspace.compressed();
  const engine = await workspace.engine();
  const subject = { engine, model, modelHash: checkpoint.hash, tokenizer };
  const examples = await workspace.examples();
  const { prompts, pruned } = await prunePrompts(subject, bank, examples, smaller.keep, progress);
  return { prompts, shrunk: pruned };
}

interface Measured {
  readonly run: Run;
  readonly workspace: Workspace;
  readonly source: LibraryBank;
}

type Selected = Pick<StoredBank, 'selector'> & { readonly prompts: readonly BankPrompt[] };

/** Answers that the store has of the bank are not asked for again. */
async function measureCost(
  store: Store,
  { run, workspace, source }: Measured,
  [before, after]: readonly [Selected, Selected],
  { signal, progress }: ShrinkOptions,
): Promise<BankCost> {
  const tasks = await workspace.tasks();
  const engine = await workspace.engine();
  const loaded = await workspace.compressed();
  const limit = Math.min(ITEMS_PER_TASK, workspace.recipe.evaluation.itemsPerTask);
  const ask = (bank: Selected, from: number) =>
    askTasks(engine, bankArm(loaded, bank), tasks, limit, {
      signal,
      onProgress: (done, total) => progress(from + done / total / 2),
    });
  const answers = await ask(after, 0);
  const known = matching(answers, await storedAnswers(store, run, source));
  const earlier = known ?? (await ask(before, 0.5));
  const [first, second] = [toScored([earlier]), toScored([answers])];
  const { bootstrap: resamples } = workspace.recipe.evaluation;
  const { difference } = compareArms(first.tasks, first.correct, second.correct, {
    resamples,
    seed: run.seed,
  });
  return {
    run: { id: run.id, name: run.name || run.id },
    before: accuracies(first).mean,
    after: accuracies(second).mean,
    difference,
  };
}

/** The run's own bank answered as its arm, another as one that was compared. */
async function storedAnswers(
  { db }: Store,
  { id: runId, seed: first }: Run,
  { id, runId: madeBy, seed }: LibraryBank,
): Promise<Answer[]> {
  const own = madeBy === runId && seed !== null;
  return readAnswers(
    db,
    own ? { runId, arm: 'idp', seed } : { runId, arm: bankArmId(id), seed: first },
  );
}

/** Of `stored` those to the same inputs in the same order, if none is missing. */
function matching(answers: readonly Answer[], stored: readonly Answer[]): Answer[] | undefined {
  const key = ({ task, itemId }: Answer) => `${task}\0${itemId}`;
  const found = new Map(stored.map((answer) => [key(answer), answer]));
  const same = answers.flatMap((answer) => found.get(key(answer)) ?? []);
  return same.length === answers.length ? same : undefined;
}

const needsRun = (): KintsugiError =>
  new KintsugiError('ARGUMENT_INVALID', 'Which tokens matter only the model can tell.', {
    field: 'runId',
    next: 'Choose a finished run whose compressed model the bank was made for.',
  });
