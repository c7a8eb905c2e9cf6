import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface BankRecord {
  readonly runId: string;
  readonly seed: number;
  /** Content hash over the bank's manifest and prompts. */
  readonly hash: string;
  /** Hash of the weights that the prompts were tuned on. */
  readonly modelHash: string;
  readonly directory: string;
  readonly prompts: readonly {
    readonly name: string;
    readonly tokens: number;
    readonly hash: string;
  }[];
}

const bankId = (runId: string, seed: number) => `${runId}@${seed}`;

/** Records the bank of one run and seed, replacing what an earlier attempt recorded. */
export async function saveBank(db: Kysely<Schema>, bank: BankRecord): Promise<void> {
  const id = bankId(bank.runId, bank.seed);
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('banks').where('id', '=', id).execute();
    await transaction
      .insertInto('banks')
      .values({
        id,
        run_id: bank.runId,
        seed: bank.seed,
        hash: bank.hash,
        model_hash: bank.modelHash,
        directory: bank.directory,
      })
      .execute();
    const rows = bank.prompts.map((prompt, position) => ({ bank_id: id, position, ...prompt }));
    await transaction.insertInto('prompts').values(rows).execute();
  });
}

/** The banks of a run by seed, with their prompts in order. */
export async function readBanks(db: Kysely<Schema>, runId: string): Promise<BankRecord[]> {
  const banks = await db
    .selectFrom('banks')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('seed')
    .execute();
  const prompts = await db
    .selectFrom('prompts')
    .innerJoin('banks', 'banks.id', 'prompts.bank_id')
    .select(['bank_id', 'prompts.name', 'prompts.tokens', 'prompts.hash'])
    .where('banks.run_id', '=', runId)
    .orderBy('prompts.position')
    .execute();
  return banks.map((bank) => ({
    runId,
    seed: bank.seed,
    hash: bank.hash,
    modelHash: bank.model_hash,
    directory: bank.directory,
    prompts: prompts
      .filter((prompt) => prompt.bank_id === bank.id)
      .map(({ name, tokens, hash }) => ({ name, tokens, hash })),
  }));
}
