import type { Command } from 'commander';
import { FULL_ANALYSIS } from '../../../shared/presets.ts';
import { readResults } from '../../db/results.ts';
import type { AddAction } from '../action.ts';
import { formatAnalysis } from '../analysis-table.ts';
import { type Context, type Outcome, withStore } from '../context.ts';
import { addRecipeOptions, chooseRecipe, type RepairOptions, runRecipe } from './repair.ts';

export function addDisplacedCommand(program: Command, addAction: AddAction): void {
  const command = addRecipeOptions(
    program
      .command('displaced')
      .description(
        'finds out whether what compression lost is forgotten or only displaced: repairs tuned on half of the facts are asked the other half, and so is a control that never knew them',
      ),
  );
  addAction<RepairOptions>(command, displaced);
}

async function displaced(options: RepairOptions, context: Context): Promise<Outcome> {
  const recipe = { ...(await chooseRecipe(options)), analysis: FULL_ANALYSIS };
  return withStore(context, async (store) => {
    const run = await runRecipe(recipe, options, store, context);
    const { results } = (await readResults(store.db, run.id))!;
    const analysis = results.analysis!;
    return {
      document: { run: run.id, ...analysis },
      text: formatAnalysis(analysis, results),
    };
  });
}
