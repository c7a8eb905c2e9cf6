import { restoreBlocks } from '../../core/analyse/restore.ts';
import { layerSimilarity } from '../../core/analyse/similarity.ts';
import { refuseStopped } from '../../core/evaluate/score.ts';
import type { Item, Task } from '../../core/evaluate/tasks.ts';
import type { Tokenizer } from '../../core/tokenizer/tokenizer.ts';
import { recipeSeeds } from '../../shared/recipe.ts';
import { type Answer, saveAnswers } from '../db/answers.ts';
import type { Store } from '../db/open.ts';
import { prepareBaseline } from './arms.ts';
import { askTasks, partOf } from './ask.ts';
import { controlStages } from './control-stages.ts';
import { seenTasks } from './facts.ts';
import { openRunArm } from './run-arms.ts';
import type { Stage } from './stage.ts';
import { comparedArms, comparedSeeds } from './stopped-early.ts';
import type { Tuning } from './tune-stages.ts';
import type { Workspace } from './workspace.ts';

/** Names under which the analysis' answers are stored, beside those of the comparison. */
export const seenArm = (arm: string): string => `seen ${arm}`;
export const restoredArm = (layer: number): string => `restored block ${layer}`;

export const SIMILARITY_STAGE = 'analyse:similarity';
/** Metrics of that stage, whose steps are blocks. */
export const similarityMetric = (arm: string, what: 'attention' | 'activation'): string =>
  `${arm} ${what}`;

/** Tokens of an input that are compared, at most. */
const MOST_TOKENS = 64;

/** What the recipe asks beside the comparison. Answers and metrics go to the store. */
export function analyseStages(tuning: Tuning): Stage[] {
  const { store, runId, workspace } = tuning;
  const { analysis } = workspace.recipe;
  if (analysis === null) return [];
  const seeds = recipeSeeds(workspace.recipe);
  return [
    ...(analysis.displaced
      ? [
          ...seeds.map((seed) => seenStage(store, runId, workspace, seed)),
          ...controlStages(tuning, seeds),
        ]
      : []),
    ...(analysis.similarity ? [similarityStage(store, runId, workspace, analysis.similarity)] : []),
    ...(analysis.restore ? [restoreStage(store, runId, workspace, analysis.restore)] : []),
  ];
}

/** Every arm on facts that it was tuned on. */
function seenStage(store: Store, runId: string, workspace: Workspace, seed: number): Stage {
  return {
    name: `analyse:seen@${seed}`,
    async run(context) {
      const { recipe, directory } = workspace;
      const seeds = recipeSeeds(recipe);
      if (!comparedSeeds(workspace, seeds).includes(seed))
        return context.leaveOut('left out: not tuned');
      const tasks = seenTasks(await workspace.tasks(), await workspace.examples(), seeds);
      // Tuned on text alone, nothing says which facts it told.
      if (tasks.length === 0) return context.leaveOut('left out: not tuned on questions');
      const engine = await workspace.engine();
      const arms = comparedArms(workspace, seeds).filter(
        (arm) => seed === seeds[0] || (arm !== 'original' && arm !== 'compressed'),
      );
      for (const [index, arm] of arms.entries()) {
        const run = { id: runId, directory };
        const { prepared } = await openRunArm(store, run, workspace, { arm, seed });
        const answers = await askTasks(engine, prepared, tasks, recipe.evaluation.itemsPerTask, {
          signal: context.signal,
          onProgress: partOf(context, index, arms.length),
        });
        await saveAnswers(store.db, { runId, arm: seenArm(arm), seed }, answers);
      }
    },
  };
}

/** How far each arm works inside as the original does, of the first seed. */
function similarityStage(
  store: Store,
  runId: string,
  workspace: Workspace,
  { inputs }: { readonly inputs: number },
): Stage {
  return {
    name: SIMILARITY_STAGE,
    async run({ metric, progress, signal }) {
      const seeds = recipeSeeds(workspace.recipe);
      const [seed] = comparedSeeds(workspace, seeds) as [number];
      const engine = await workspace.engine();
      const original = await prepareBaseline(workspace, 'original');
      const { tokenizer } = original.loaded;
      const sequences = someInputs(tokenizer, await workspace.tasks(), inputs);
      const arms = comparedArms(workspace, seeds).filter((arm) => arm !== 'original');
      for (const [index, arm] of arms.entries()) {
        refuseStopped(signal);
        const run = { id: runId, directory: workspace.directory };
        const { prepared } = await openRunArm(store, run, workspace, { arm, seed });
        const layers = await layerSimilarity(engine, original.arm, prepared.arm, sequences);
        for (const { layer, attention, activation } of layers) {
          metric(layer, similarityMetric(arm, 'attention'), attention);
          metric(layer, similarityMetric(arm, 'activation'), activation);
        }
        progress((index + 1) / arms.length);
      }
    },
  };
}

/** Held-out inputs as token ids, evenly from all tasks, the ends of long ones. */
function someInputs(tokenizer: Tokenizer, tasks: readonly Task[], count: number): number[][] {
  const each = Math.ceil(count / tasks.length);
  const items = tasks.flatMap(({ heldout }): readonly Item[] => heldout.slice(0, each));
  return items
    .slice(0, count)
    .map(({ context }) => [...tokenizer.opening, ...tokenizer.encode(context)].slice(-MOST_TOKENS))
    .filter(({ length }) => length > 1);
}

/** Where the damage sits: what each original block regains when it alone is put back. */
function restoreStage(
  store: Store,
  runId: string,
  workspace: Workspace,
  { itemsPerTask }: { readonly itemsPerTask: number },
): Stage {
  return {
    name: 'analyse:restore',
    async run(context) {
      const { seed, evaluation } = workspace.recipe;
      const original = await workspace.original();
      const compressed = await prepareBaseline(workspace, 'compressed');
      const engine = await workspace.engine();
      const tasks = await workspace.tasks();
      const { layers } = original.model.config;
      const limit = Math.min(itemsPerTask, evaluation.itemsPerTask);
      for (let layer = 0; layer < layers; layer++) {
        const model = restoreBlocks(compressed.arm.model, original.model, [layer]);
        const prepared = { ...compressed, arm: { model } };
        const answers: Answer[] = await askTasks(engine, prepared, tasks, limit, {
          signal: context.signal,
          onProgress: partOf(context, layer, layers),
        });
        await saveAnswers(store.db, { runId, arm: restoredArm(layer), seed }, answers);
      }
    },
  };
}
