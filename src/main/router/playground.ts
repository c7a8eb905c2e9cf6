import type { NamesOf } from '../../shared/contract/index.ts';
import type { GenerationEvent, PlaygroundArms } from '../../shared/contract/playground.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { type Arm, bankArmId } from '../../shared/results.ts';
import { heldOutItems } from '../compute/item-texts.ts';
import { deleteCase, listCases, saveCase } from '../db/cases.ts';
import { listLibrary } from '../db/library.ts';
import type { Store } from '../db/open.ts';
import { readResults } from '../db/results.ts';
import { findRun } from '../db/runs.ts';
import { pushed } from './events.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

const EXAMPLES_PER_TASK = 2;

export function playgroundHandlers({ store, compute }: Services): Handlers<NamesOf<'playground'>> {
  const { db } = store;
  return {
    'playground.arms': ({ runIds }) =>
      Promise.all([...new Set(runIds)].map((id) => armsOf(store, id))),
    'playground.generate': (request, signal) =>
      pushed<GenerationEvent>(signal, (push, stop) =>
        compute.ask('playground.generate', request, { signal: stop, onEvent: push }),
      ),
    'playground.cases': () => listCases(db),
    'playground.saveCase': (given) => saveCase(db, given),
    'playground.deleteCase': async ({ id }) => {
      await deleteCase(db, id);
      return null;
    },
  };
}

async function armsOf({ db }: Store, runId: string): Promise<PlaygroundArms> {
  const run = await findRun(db, runId);
  const results = (await readResults(db, run.id))?.results;
  if (results === undefined) throw notCompared(run.name || run.id);
  const arms = results.arms.map(({ arm }) => arm);
  return {
    runId: run.id,
    name: run.name || run.id,
    arms: [...arms, ...(await fittingBanks(db, run.id, arms))],
    seeds: results.seeds,
    examples: await examples(run.recipe, Object.keys(results.arms[0]?.tasks ?? {})),
  };
}

/** Banks of the library, other than the run's own, that were made for its compressed model. */
async function fittingBanks(
  db: Store['db'],
  runId: string,
  arms: readonly Arm[],
): Promise<readonly Arm[]> {
  const compressed = arms.find(({ id }) => id === 'compressed');
  return (await listLibrary(db, false))
    .filter((bank) => bank.runId !== runId && bank.modelHash === compressed?.weightsHash)
    .map(({ id, name, modelHash, hash }) => ({
      id: bankArmId(id),
      label: name,
      weightsHash: modelHash,
      bankHash: hash,
    }));
}

/** A few inputs of every task that the run measured. */
async function examples(recipe: unknown, tasks: readonly string[]): Promise<string[]> {
  const byTask = Map.groupBy(await heldOutItems([recipe]), ({ task }) => task);
  return tasks.flatMap((task) =>
    (byTask.get(task) ?? []).slice(0, EXAMPLES_PER_TASK).map(({ context }) => context),
  );
}

const notCompared = (name: string): KintsugiError =>
  new KintsugiError('RUN_STATUS', `The run "${name}" has not compared its arms yet.`, {
    next: 'Wait until it is done, or choose another run.',
    field: 'runId',
  });
