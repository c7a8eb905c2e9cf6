import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BankDetail, BankRun, BankSummary } from '../../shared/contract/banks.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { recipeSchema } from '../../shared/recipe.ts';
import { type Arm, type ArmResult, bankArmId } from '../../shared/results.ts';
import { checkSameModel, type FoundBank, openBank } from '../compute/bank-library.ts';
import { lastComparison, readComparison } from '../db/compared-banks.ts';
import {
  findLibraryBank,
  type LibraryBank,
  listLibrary,
  putLibraryBank,
  removeLibraryBank,
  runBankId,
  unlistedBanks,
} from '../db/library.ts';
import type { Store } from '../db/open.ts';
import { findRun, listRuns } from '../db/runs.ts';

/** How long a bank stays in the bin, in milliseconds. */
const BIN_TIME = 30 * 24 * 3600 * 1000;

export interface Place {
  readonly id: string;
  readonly directory: string;
}

/** A place for a bank that no run made. */
export function newPlace(parent: string): Place {
  const id = randomUUID();
  return { id, directory: join(parent, id) };
}

/** The table of banks beside the runs that made them; `folder` holds those that no run made. */
export function openLibrary(db: Store['db'], folder: string) {
  const add = async (
    found: FoundBank,
    { id, directory, origin, name }: Place & Pick<LibraryBank, 'origin' | 'name'>,
  ): Promise<BankSummary> => {
    const people = { tags: [], notes: '', createdAt: Date.now(), deletedAt: null };
    const entry = { id, directory, origin, name, runId: null, seed: null, ...people };
    await putLibraryBank(db, { ...entry, ...content(found) });
    return summary(await findLibraryBank(db, id));
  };

  /** Lists what runs have finished since, and empties the bin of what was long in it. */
  const takeIn = async (): Promise<void> => {
    for (const { runId, seed, directory, artefact, finishedAt } of await unlistedBanks(db)) {
      const dir = join(directory, artefact);
      // A run's folder that is gone or damaged is the run's to report.
      const found = await openBank(dir).catch(() => undefined);
      if (found === undefined) continue;
      await putLibraryBank(db, {
        id: runBankId(runId, seed),
        origin: 'run',
        runId,
        seed,
        name: await nameOfRunBank(runId, seed),
        tags: [],
        notes: '',
        directory: dir,
        createdAt: finishedAt,
        deletedAt: null,
        ...content(found),
      });
    }
    for (const { id, origin, directory, deletedAt } of await listLibrary(db, true)) {
      if (origin === 'run' || Date.now() - deletedAt! < BIN_TIME) continue;
      await removeLibraryBank(db, id);
      if (dirname(directory) === folder) await rm(directory, { recursive: true, force: true });
    }
  };

  const nameOfRunBank = async (runId: string, seed: number): Promise<string> => {
    const run = await findRun(db, runId);
    const recipe = recipeSchema.safeParse(run.recipe).data;
    const seeds = (recipe?.repeats ?? 1) > 1 ? `, seed ${seed}` : '';
    return `Bank of ${(run.name || runId).slice(0, 90)}${seeds}`;
  };

  /** Where the bank was measured: by its own run, or the last one that it was compared on. */
  const measuredOn = async ({ id, runId }: LibraryBank): Promise<Measured | undefined> => {
    const arm = runId === null ? bankArmId(id) : 'idp';
    const measuredBy = runId ?? (await lastComparison(db, id))?.runId;
    const stored = measuredBy && (await readComparison(db, measuredBy));
    return stored ? { runId: measuredBy, arm, arms: stored.results.arms } : undefined;
  };

  const summary = async (bank: LibraryBank): Promise<BankSummary> => {
    const { directory: _, ...shown } = bank;
    return { ...shown, results: headline(await measuredOn(bank)) };
  };

  return {
    takeIn,
    add,
    summary,
    async detail(bank: LibraryBank): Promise<BankDetail> {
      const run = bank.runId === null ? undefined : await findRun(db, bank.runId);
      const recipe = recipeSchema.safeParse(run?.recipe).data ?? null;
      return { ...(await summary(bank)), recipe, arms: (await measuredOn(bank))?.arms ?? [] };
    },
    /** Finished runs whose compressed model this bank was made for, the newest first. */
    async runs(bank: LibraryBank): Promise<BankRun[]> {
      const found = await Promise.all(
        (await listRuns(db)).map(async ({ id, name }) => {
          const arms = (await readComparison(db, id))?.results.arms ?? [];
          const compressed = arms.find(({ arm }) => arm.id === 'compressed');
          if (compressed?.arm.weightsHash !== bank.modelHash) return [];
          const compared = arms.some(
            ({ arm }) =>
              arm.id === bankArmId(bank.id) || (arm.id === 'idp' && arm.bankHash === bank.hash),
          );
          return [{ id, name: name || id, compared }];
        }),
      );
      return found.flat();
    },
    /** Runs whose compressed model a bank from outside was made for, or why there is none. */
    async fit({ bank }: FoundBank): Promise<{ fitsRuns: string[]; problem?: KintsugiError }> {
      await takeIn();
      const known = await listLibrary(db, false);
      const related = known.filter(({ modelHash }) => modelHash === bank.baseModel.hash);
      const [same] = related;
      if (same === undefined) return { fitsRuns: [], problem: noSuchModel(bank.baseModel) };
      try {
        checkSameModel(bank, (await openBank(same.directory)).bank);
      } catch (error) {
        if (error instanceof KintsugiError) return { fitsRuns: [], problem: error };
        throw error;
      }
      const runs = related.flatMap(({ runId }) => (runId === null ? [] : [runId]));
      return { fitsRuns: [...new Set(runs)] };
    },
  };
}

function content({ bank, hash, bytes }: FoundBank) {
  return {
    hash,
    modelHash: bank.baseModel.hash,
    model: bank.baseModel.id,
    prompts: bank.prompts.map(({ name, tokens, hash, bits }) => ({
      name,
      tokens,
      hash,
      ...(bits && { bits }),
    })),
    bytes,
  };
}

interface Measured {
  readonly runId: string;
  /** The arm that answers with the bank. */
  readonly arm: Arm['id'];
  readonly arms: readonly ArmResult[];
}

function headline(measured: Measured | undefined): BankSummary['results'] {
  if (measured === undefined) return null;
  const mean = (id: Arm['id']) => measured.arms.find(({ arm }) => arm.id === id)?.mean.mean;
  const [original, compressed, repaired] = ['original', 'compressed', measured.arm].map((id) =>
    mean(id as Arm['id']),
  );
  if (original === undefined || compressed === undefined || repaired === undefined) return null;
  return { runId: measured.runId, original, compressed, repaired };
}

function noSuchModel({ id, hash }: FoundBank['bank']['baseModel']): KintsugiError {
  return new KintsugiError(
    'BANK_INCOMPATIBLE',
    `The bank was made for a compressed "${id}" (${hash.slice(0, 12)}…) that no run here has made.`,
    {
      next: 'Run the repair that it comes from, with the same recipe and seed; then import it.',
      field: 'modelHash',
    },
  );
}
