import { answerTasks, type ItemAnswer } from '../../../core/evaluate/answer.ts';
import { KintsugiError } from '../../../shared/errors.ts';
import type { ArmId, BankArmId } from '../../../shared/results.ts';
import { findRun } from '../../db/runs.ts';
import { createAnswerer } from '../answerer.ts';
import { hashFolder } from '../artefact.ts';
import { measureBank } from '../measure-bank.ts';
import { openRun, openRunArm } from '../run-arms.ts';
import type { TaskContext } from './task.ts';

interface AnswerAgain {
  readonly runId: string;
  readonly arm: ArmId | BankArmId;
  readonly seed: number;
  readonly task: string;
  readonly itemId: string;
}

/** One answer computed anew from the files, with the hashes that those files have now. */
async function answerAgain(
  { runId, arm, seed, task, itemId }: AnswerAgain,
  { store, signal }: TaskContext,
) {
  const start = performance.now();
  const run = await findRun(store.db, runId);
  // A workspace of its own: nothing that was read before may stand in for the files.
  const workspace = openRun(run);
  const found = (await workspace.tasks()).find(({ name }) => name === task);
  const item = found?.heldout.find(({ id }) => id === itemId);
  if (found === undefined || item === undefined) throw itemGone(task, itemId);
  const { prepared, folder } = await openRunArm(store, run, workspace, { arm, seed });
  const scorer = createAnswerer(await workspace.engine(), prepared.arm);
  try {
    const only = { ...found, heldout: [item] } as typeof found;
    const [answer] = await answerTasks(scorer, prepared.loaded.tokenizer, [only], 1, { signal });
    return {
      ...toCell(prepared.promptNames, answer!),
      weightsHash: prepared.loaded.checkpoint.hash,
      folder,
      folderHash: folder === null ? null : await hashFolder(folder),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    await scorer.release();
  }
}

function toCell(promptNames: readonly string[], answer: ItemAnswer) {
  const { correct, logLikelihoods, prompt, promptScores } = answer;
  const total = promptScores?.reduce((sum, score) => sum + score, 0) ?? 0;
  return {
    correct,
    scores: logLikelihoods,
    prompt: prompt === undefined ? null : promptNames[prompt]!,
    attention: promptScores?.map((score) => score / total) ?? null,
  };
}

function itemGone(task: string, itemId: string): KintsugiError {
  return new KintsugiError(
    'DATA_INVALID',
    `The task "${task}" has no input "${itemId}" any more.`,
    {
      next: 'Repeat the run: its tasks have changed since.',
      field: 'itemId',
    },
  );
}

interface BankOnRun {
  readonly runId: string;
  readonly bankId: string;
}

/** Emits BankComparisonEvents. */
async function compareBank(of: BankOnRun, { store, signal, emit }: TaskContext) {
  const progress = (share: number) => emit({ kind: 'progress', share });
  const result = await measureBank(store, of, { signal, progress });
  emit({ kind: 'done', result });
}

export const compareTasks = { 'compare.answer': answerAgain, 'compare.bank': compareBank };
