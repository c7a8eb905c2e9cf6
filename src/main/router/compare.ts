import { join } from 'node:path';
import type {
  BankComparisonEvent,
  ComparedRun,
  InputArm,
  InputCell,
  Verification,
} from '../../shared/contract/compare.ts';
import type { NamesOf } from '../../shared/contract/index.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { recipeSchema } from '../../shared/recipe.ts';
import { bankArmId, isBankArm, type RunResults } from '../../shared/results.ts';
import { heldOutItems } from '../compute/item-texts.ts';
import { findAnswer, listAnswers } from '../db/answer-table.ts';
import { listComparedBanks, readComparison, removeComparedBank } from '../db/compared-banks.ts';
import { findRun, type Run } from '../db/runs.ts';
import { listStages } from '../db/stages.ts';
import { bankPrompts } from './bank-prompts.ts';
import { compareRecipes } from './compare-configuration.ts';
import {
  type InputTable,
  type ItemText,
  joinAnswers,
  selectInputs,
  toCell,
} from './compare-inputs.ts';
import { pushed } from './events.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

/** Log-likelihoods may differ by this much: other batches round otherwise. */
const TOLERANCE = 1e-3;

export function compareHandlers(services: Services): Handlers<NamesOf<'compare'>> {
  const { store, compute } = services;
  const tables = createTables(store);
  return {
    'compare.show': async ({ runIds }) => {
      const runs = await Promise.all(runIds.map((id) => findRun(store.db, id)));
      const shown = await Promise.all(runs.map((run) => comparedRun(store, run)));
      return { runs: shown, configuration: compareRecipes(shown.map(({ recipe }) => recipe)) };
    },
    'compare.inputs': async ({ runIds, ...query }) =>
      selectInputs(await tables.of([...new Set(runIds)]), query),
    'compare.bank': (of, signal) =>
      pushed<BankComparisonEvent>(signal, (push, stop) =>
        compute.ask('compare.bank', of, { signal: stop, onEvent: push }),
      ),
    'compare.removeBank': async ({ runId, bankId }) => {
      await removeComparedBank(store.db, { runId: (await findRun(store.db, runId)).id, bankId });
      return null;
    },
    'compare.verify': async (which, signal) => {
      const { db } = store;
      const run = await findRun(db, which.runId);
      const row = await findAnswer(db, { ...which, runId: run.id });
      const results = (await readComparison(db, run.id))?.results;
      const arm = results?.arms.find(({ arm }) => arm.id === which.arm)?.arm;
      if (row === undefined || arm === undefined) throw noAnswer();
      const again = await compute.ask('compare.answer', { ...which, runId: run.id }, { signal });
      const stages = await listStages(db, run.id);
      const stored = stages.find(
        ({ artefact }) => artefact !== null && join(run.directory, artefact) === again.folder,
      );
      const hashes: Verification['hashes'] = [
        { what: 'weights', stored: arm.weightsHash, recomputed: again.weightsHash },
        ...(again.folder === null
          ? []
          : [
              {
                what: arm.bankHash === undefined ? ('adapter' as const) : ('bank' as const),
                stored: (isBankArm(which.arm) ? arm.bankHash : stored?.artefact_hash) ?? '',
                recomputed: again.folderHash!,
              },
            ]),
      ];
      const { correct, scores, prompt, attention, seconds } = again;
      return verdict(toCell(row), { correct, scores, prompt, attention }, hashes, seconds);
    },
  };
}

function verdict(
  stored: InputCell,
  recomputed: InputCell,
  hashes: Verification['hashes'],
  seconds: number,
): Verification {
  const differences = stored.scores.map((score, i) =>
    Math.abs(score - (recomputed.scores[i] ?? Number.POSITIVE_INFINITY)),
  );
  const largestDifference = Math.max(0, ...differences);
  return {
    same:
      stored.correct === recomputed.correct &&
      stored.prompt === recomputed.prompt &&
      stored.scores.length === recomputed.scores.length &&
      largestDifference <= TOLERANCE &&
      hashes.every((hash) => hash.stored === hash.recomputed),
    stored,
    recomputed,
    largestDifference,
    tolerance: TOLERANCE,
    hashes,
    seconds,
  };
}

async function comparedRun(store: Services['store'], run: Run): Promise<ComparedRun> {
  return {
    id: run.id,
    name: run.name || run.id,
    createdAt: run.createdAt,
    recipe: recipeSchema.safeParse(run.recipe).data ?? null,
    modelHash: run.modelHash,
    device: run.device,
    outcome: (await readComparison(store.db, run.id)) ?? null,
  };
}

const KEPT_TABLES = 4;

/** Joined answers of the sets of runs that were last looked at: scrolling asks for them part by part. */
function createTables(store: Services['store']) {
  const { db } = store;
  const kept = new Map<string, Promise<InputTable>>();

  const build = async (runs: readonly Run[]): Promise<InputTable> => {
    const texts = new Map<string, ItemText>(
      (await heldOutItems(runs.map(({ recipe }) => recipe))).map(({ task, itemId, ...text }) => [
        `${task}\0${itemId}`,
        text,
      ]),
    );
    const joined = await Promise.all(
      runs.map(async (run) => {
        const results = (await readComparison(db, run.id))?.results;
        const arms = results === undefined ? [] : await columns(run, results);
        return { arms, answers: await listAnswers(db, run.id) };
      }),
    );
    return joinAnswers(joined, (task, itemId) => texts.get(`${task}\0${itemId}`));
  };

  /** Weights alone answer once; what is tuned answers once per seed. */
  const columns = async (run: Run, { arms, seeds }: RunResults): Promise<InputArm[]> => {
    const prompts = new Map(
      await Promise.all(
        seeds.map(async (seed) => [seed, await bankPrompts(store, run, seed)] as const),
      ),
    );
    const banks = new Map(
      (await listComparedBanks(db, run.id)).map((bank) => [bankArmId(bank.bankId), bank.prompts]),
    );
    return arms.flatMap(({ arm }) => {
      const tuned =
        !isBankArm(arm.id) && (arm.bankHash !== undefined || arm.adapterHash !== undefined);
      return (tuned ? seeds : seeds.slice(0, 1)).map((seed) => ({
        runId: run.id,
        seed,
        arm,
        prompts: isBankArm(arm.id)
          ? (banks.get(arm.id) ?? [])
          : arm.id === 'idp'
            ? prompts.get(seed)!
            : [],
      }));
    });
  };

  return {
    async of(runIds: readonly string[]): Promise<InputTable> {
      const runs = await Promise.all(runIds.map((id) => findRun(db, id)));
      const states = runs.map(async ({ id, status, finishedAt }) => {
        const banks = (await listComparedBanks(db, id)).map(({ bankId, result }) => [
          bankId,
          result.arm.bankHash,
        ]);
        return [id, status, finishedAt, ...banks].join(' ');
      });
      const key = (await Promise.all(states)).join('\n');
      const table = kept.get(key) ?? build(runs);
      kept.delete(key);
      kept.set(key, table);
      if (kept.size > KEPT_TABLES) kept.delete(kept.keys().next().value!);
      table.catch(() => kept.delete(key));
      return table;
    },
  };
}

const noAnswer = (): KintsugiError =>
  new KintsugiError('RUN_STATUS', 'This arm has no stored answer to this input.', {
    next: 'Choose an arm and an input of a finished run.',
    field: 'itemId',
  });
