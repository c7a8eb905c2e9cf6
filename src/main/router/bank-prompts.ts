import { join } from 'node:path';
import { openBank } from '../compute/bank-library.ts';
import type { Store } from '../db/open.ts';
import type { Run } from '../db/runs.ts';
import { listStages } from '../db/stages.ts';

/** Names of the prompts in the bank that the run tuned with this seed; none when its folder is gone. */
export async function bankPrompts(store: Store, run: Run, seed: number): Promise<string[]> {
  const stages = await listStages(store.db, run.id);
  const artefact = stages.find(({ name }) => name === `tune:bank@${seed}`)?.artefact;
  if (!artefact) return [];
  const found = await openBank(join(run.directory, artefact)).catch(() => undefined);
  return found?.bank.prompts.map(({ name }) => name) ?? [];
}
