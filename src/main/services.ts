import type { Kysely } from 'kysely';
import type { RunSummary, Services } from '../shared/contract.ts';
import { recipeSchema } from '../shared/recipe.ts';
import { readResults } from './db/results.ts';
import { findRun, listRuns, type Run } from './db/runs.ts';
import type { Schema } from './db/schema.ts';

/** The contract over one open database. */
export function createServices(db: Kysely<Schema>): Services {
  return {
    'runs.list': async () => (await listRuns(db)).map(summarise),
    'runs.show': async ({ id }) => {
      const run = await findRun(db, id);
      return { ...summarise(run), outcome: (await readResults(db, run.id)) ?? null };
    },
  };
}

/** What a screen sees of a run: no path of this machine, and a recipe only if it is one of ours. */
function summarise({ recipe, directory: _, kind: __, modelHash: ___, ...run }: Run): RunSummary {
  return { ...run, recipe: recipeSchema.safeParse(recipe).data ?? null };
}
