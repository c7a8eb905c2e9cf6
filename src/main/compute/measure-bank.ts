import { packedBytes } from '../../core/export/bank-file.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { type ArmResult, bankArmId, type RunResults } from '../../shared/results.ts';
import { type Answer, readAnswers, saveAnswers } from '../db/answers.ts';
import { saveComparedBank } from '../db/compared-banks.ts';
import { findLibraryBank } from '../db/library.ts';
import type { Store } from '../db/open.ts';
import { readResults } from '../db/results.ts';
import { findRun } from '../db/runs.ts';
import { bankArm, shownSelector } from './arms.ts';
import { openBank } from './bank-library.ts';
import { MEASURES, measure } from './evaluate-stages.ts';
import { openRun } from './run-arms.ts';
import { summariseRepair, toScored } from './summarise.ts';
import { loadBank } from './tuned-folders.ts';

export interface MeasureBankOptions {
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

/**
 * Answers a finished run's inputs with a bank of the library, and stores it as one more arm of the
 * run. A bank has no seed of the run's; its answers go under the run's first.
 * @throws KintsugiError RUN_STATUS, BANK_NOT_FOUND, BANK_INVALID, BANK_INCOMPATIBLE
 */
export async function measureBank(
  store: Store,
  { runId, bankId }: { readonly runId: string; readonly bankId: string },
  { signal, progress }: MeasureBankOptions,
): Promise<ArmResult> {
  const { db } = store;
  const run = await findRun(db, runId);
  const results = (await readResults(db, run.id))?.results;
  if (results === undefined) throw notFinished(run.name || run.id);
  const { directory, name } = await findLibraryBank(db, bankId);
  const workspace = openRun(run);
  const loaded = await workspace.compressed();
  const bank = await loadBank(directory, loaded);
  const { hash } = await openBank(directory);
  const prepared = bankArm(loaded, bank);

  const values = new Map<string, number>();
  const metric = (_: number, what: string, value: number) => values.set(what, value);
  const answers = await measure(workspace, prepared, { signal, progress, metric });

  const baselines = await readBaselines(store, run.id, results.seeds[0]!);
  const extra = { parameters: prepared.extraParameters, disk: packedBytes(bank.prompts) };
  const result = summariseRepair(
    {
      arm: {
        id: bankArmId(bankId),
        label: name,
        weightsHash: loaded.checkpoint.hash,
        bankHash: hash,
        selector: shownSelector(prepared),
      },
      scored: toScored([inOrderOf(baselines.original, answers)]),
      perplexity: values.get(MEASURES.perplexity) ?? null,
      extraParameters: extra.parameters,
      bytesOnDisk: compressedOf(results).bytesOnDisk + extra.disk,
      bytesInMemory: compressedOf(results).bytesInMemory + 4 * extra.parameters,
    },
    toScored([baselines.original]),
    toScored([baselines.compressed]),
    { resamples: workspace.recipe.evaluation.bootstrap, seed: workspace.recipe.seed },
  );
  const seed = results.seeds[0]!;
  await saveAnswers(db, { runId: run.id, arm: bankArmId(bankId), seed }, answers);
  const milliseconds = values.get(MEASURES.milliseconds)!;
  const prompts = prepared.promptNames;
  await saveComparedBank(db, { runId: run.id, bankId, result, prompts, milliseconds });
  return result;
}

async function readBaselines(store: Store, runId: string, seed: number) {
  const of = (arm: string) => readAnswers(store.db, { runId, arm, seed });
  return { original: await of('original'), compressed: await of('compressed') };
}

/** @throws KintsugiError DATA_INVALID when the tasks have other inputs by now than the run had */
function inOrderOf(wanted: readonly Answer[], answers: readonly Answer[]): Answer[] {
  const key = ({ task, itemId }: Answer) => `${task}\0${itemId}`;
  const found = new Map(answers.map((answer) => [key(answer), answer]));
  return wanted.map((answer) => {
    const same = found.get(key(answer));
    if (same !== undefined && found.size === wanted.length) return same;
    throw new KintsugiError(
      'DATA_INVALID',
      "The run's inputs have changed since it was measured.",
      {
        next: 'Repeat the run, then compare the bank with that one.',
        field: 'runId',
      },
    );
  });
}

const compressedOf = ({ arms }: RunResults): ArmResult =>
  arms.find(({ arm }) => arm.id === 'compressed')!;

const notFinished = (name: string): KintsugiError =>
  new KintsugiError('RUN_STATUS', `The run "${name}" has not compared its arms yet.`, {
    next: 'Wait until it is done, or choose another run.',
    field: 'runId',
  });
