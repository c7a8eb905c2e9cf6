import type { NamesOf } from '../../shared/contract/index.ts';
import type { GenerationEvent } from '../../shared/contract/playground.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { heldOutItems } from '../compute/item-texts.ts';
import { deleteCase, listCases, saveCase } from '../db/cases.ts';
import { readResults } from '../db/results.ts';
import { findRun } from '../db/runs.ts';
import { bankPrompts } from './bank-prompts.ts';
import { pushed } from './events.ts';
import type { Handlers } from './handlers.ts';
import type { Services } from './services.ts';

const EXAMPLES_PER_TASK = 2;

export function playgroundHandlers({ store, compute }: Services): Handlers<NamesOf<'playground'>> {
  const { db } = store;
  return {
    'playground.arms': async ({ runId }) => {
      const run = await findRun(db, runId);
      const results = (await readResults(db, run.id))?.results;
      if (results === undefined) throw notCompared(run.name || run.id);
      return {
        runId: run.id,
        arms: results.arms.map(({ arm }) => arm),
        seeds: results.seeds,
        prompts: await bankPrompts(store, run, results.seeds[0]!),
        examples: await examples(run.recipe, Object.keys(results.arms[0]?.tasks ?? {})),
      };
    },
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
