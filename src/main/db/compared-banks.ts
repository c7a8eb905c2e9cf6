import type { Kysely } from 'kysely';
import { type ArmResult, bankArmId } from '../../shared/results.ts';
import { readResults, type StoredResults } from './results.ts';
import type { Schema } from './schema.ts';

/** A bank of the library as it was measured on a run's inputs. */
export interface ComparedBank {
  readonly runId: string;
  readonly bankId: string;
  readonly result: ArmResult;
  /** Names of its prompts, in the order of an answer's attention shares. */
  readonly prompts: readonly string[];
  /** Mean per input. */
  readonly milliseconds: number;
}

/** Replaces what an earlier measurement of the same bank on the same run found. */
export async function saveComparedBank(db: Kysely<Schema>, bank: ComparedBank): Promise<void> {
  const row = {
    result: JSON.stringify(bank.result),
    prompts: JSON.stringify(bank.prompts),
    milliseconds: bank.milliseconds,
    created_at: Date.now(),
  };
  await db
    .insertInto('compared_banks')
    .values({ run_id: bank.runId, bank_id: bank.bankId, ...row })
    .onConflict((conflict) => conflict.columns(['run_id', 'bank_id']).doUpdateSet(row))
    .execute();
}

/** In the order in which they were compared. */
export async function listComparedBanks(
  db: Kysely<Schema>,
  runId: string,
): Promise<ComparedBank[]> {
  const rows = await db
    .selectFrom('compared_banks')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    runId: row.run_id,
    bankId: row.bank_id,
    result: JSON.parse(row.result) as ArmResult,
    prompts: JSON.parse(row.prompts) as string[],
    milliseconds: row.milliseconds,
  }));
}

/** The run that the bank was last compared on. */
export function lastComparison(db: Kysely<Schema>, bankId: string) {
  return db
    .selectFrom('compared_banks')
    .select('run_id as runId')
    .where('bank_id', '=', bankId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Takes a bank's arm and its answers out of the run. */
export async function removeComparedBank(
  db: Kysely<Schema>,
  of: { readonly runId: string; readonly bankId: string },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('answers')
      .where('run_id', '=', of.runId)
      .where('arm', '=', bankArmId(of.bankId))
      .execute();
    await transaction
      .deleteFrom('compared_banks')
      .where('run_id', '=', of.runId)
      .where('bank_id', '=', of.bankId)
      .execute();
  });
}

/** What the run itself found, with the banks that were compared later as further arms. */
export async function readComparison(
  db: Kysely<Schema>,
  runId: string,
): Promise<StoredResults | undefined> {
  const stored = await readResults(db, runId);
  if (stored === undefined) return undefined;
  const banks = await listComparedBanks(db, runId);
  const times = banks.map(({ bankId, milliseconds }) => [bankArmId(bankId), milliseconds] as const);
  const { results, timings } = stored;
  return {
    results: { ...results, arms: [...results.arms, ...banks.map(({ result }) => result)] },
    timings: {
      ...timings,
      millisecondsPerInput: { ...timings.millisecondsPerInput, ...Object.fromEntries(times) },
    },
  };
}
