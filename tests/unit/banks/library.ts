import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Bank, writeBank } from '../../../src/core/export/bank.ts';
import { hashFolder } from '../../../src/main/compute/artefact.ts';
import { openStore, type Store } from '../../../src/main/db/open.ts';
import { createRun } from '../../../src/main/db/runs.ts';
import { finishStage, planStages } from '../../../src/main/db/stages.ts';
import { bankHandlers } from '../../../src/main/router/banks.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { computeHere } from '../../support/compute.ts';
import { temporaryFolder } from '../db/temporary.ts';

/** The library of an empty home. */
export async function openHome() {
  const home = temporaryFolder();
  const store = await openStore(join(home, 'kintsugi.db'));
  onTestFinished(() => store.close());
  const compute = computeHere({ home, store });
  const handlers = bankHandlers({ store, home, compute });
  const { signal } = new AbortController();
  /** The handlers without their signal. */
  const banks = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name.replace('banks.', ''),
      (input: never) => (handle as (input: never, signal: AbortSignal) => unknown)(input, signal),
    ]),
  ) as { [K in keyof typeof handlers as K extends `banks.${infer N}` ? N : never]: Bound<K> };
  type Bound<K extends keyof typeof handlers> = (
    input: Parameters<(typeof handlers)[K]>[0],
  ) => ReturnType<(typeof handlers)[K]>;
  return { home, store, banks };
}

/** A run whose bank stage is done, as the pipeline leaves it. */
export async function addRunWithBank(store: Store, home: string, bank: Bank, seed = 0) {
  const id = `20261123-000000-${randomBytes(2).toString('hex')}`;
  const directory = join(home, 'runs', id);
  const artefact = `tuned/bank@${seed}`;
  mkdirSync(join(directory, 'tuned'), { recursive: true });
  await writeBank(join(directory, artefact), bank);
  const run = { id, kind: 'repair', name: 'First repair', seed, directory } as const;
  await createRun(store.db, { ...run, recipe: PRESETS.quick });
  const stage = `tune:bank@${seed}`;
  await planStages(store.db, id, [stage]);
  const hash = await hashFolder(join(directory, artefact));
  await finishStage(store.db, id, stage, { path: artefact, hash });
  return { runId: id, bankId: `${id}@${seed}`, directory: join(directory, artefact), hash };
}
