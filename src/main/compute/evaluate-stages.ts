import { join } from 'node:path';
import { answerTasks } from '../../core/evaluate/answer.ts';
import { latency } from '../../core/evaluate/latency.ts';
import type { Scorer } from '../../core/evaluate/score.ts';
import type { Task } from '../../core/evaluate/tasks.ts';
import { selectorParameters } from '../../core/select/selector.ts';
import { encodePair } from '../../core/tune/sequences.ts';
import { type Recipe, selectorName } from '../../shared/recipe.ts';
import type { ArmId } from '../../shared/results.ts';
import { type Answer, saveAnswers } from '../db/answers.ts';
import type { Store } from '../db/open.ts';
import { createAnswerer } from './answerer.ts';
import { bankArm, type PreparedArm, prepareBaseline, prepareTunedArm, tunedArms } from './arms.ts';
import { askTasks, toAnswer } from './ask.ts';
import { runFitter } from './fit-selectors.ts';
import type { Stage, StageContext } from './stage.ts';
import { starter } from './starter.ts';
import { comparedArms, comparedSeeds } from './stopped-early.ts';
import { textPerplexity } from './text.ts';
import { tunedFolder } from './tune-stages.ts';
import { loadBank } from './tuned-folders.ts';
import type { Workspace } from './workspace.ts';

/** What an evaluation stage leaves beside the answers, as metrics of step 0. */
export const MEASURES = {
  perplexity: 'perplexity',
  milliseconds: 'milliseconds per input',
  extraParameters: 'extra parameters',
} as const;

/** Inputs per task whose time is taken. */
const TIMED_INPUTS = 2;

export const evaluateStage = (arm: ArmId, seed: number): string => `evaluate:${arm}@${seed}`;

/** Name under which the answers of one prompt of the bank, used for every input, are stored. */
export const fixedPromptArm = (prompt: number): string => `bank prompt ${prompt}`;

/** One stage per arm and seed; the baselines have only one seed. */
export function evaluateStages(
  store: Store,
  runId: string,
  workspace: Workspace,
  seeds: readonly number[],
): Stage[] {
  const stage = (
    arm: ArmId,
    seed: number,
    prepare: (signal: AbortSignal) => Promise<PreparedArm>,
  ): Stage => ({
    name: evaluateStage(arm, seed),
    async run(context) {
      const why = leftOut(workspace, arm, seed, seeds);
      if (why !== null) return context.leaveOut(why);
      const prepared = await prepare(context.signal);
      const answers = await measure(workspace, prepared, context);
      await saveAnswers(store.db, { runId, arm, seed }, answers);
    },
  });
  const [first] = seeds as [number];
  return [
    stage('original', first, () => prepareBaseline(workspace, 'original')),
    stage('compressed', first, () => prepareBaseline(workspace, 'compressed')),
    ...seeds.flatMap((seed) =>
      tunedArms(workspace.recipe).map((arm) =>
        stage(arm, seed, (signal) => prepareTunedArm(workspace, arm, seed, signal)),
      ),
    ),
    ...seeds.map((seed) => controlsStage(store, runId, workspace, seed, seeds)),
    ...(workspace.recipe.selectors.length === 0
      ? []
      : seeds.map((seed) => selectorsStage(store, runId, workspace, seed, seeds))),
  ];
}

/** Why an arm is not asked: a run that was stopped early has not tuned it. */
function leftOut(
  workspace: Workspace,
  arm: ArmId,
  seed: number,
  seeds: readonly number[],
): string | null {
  const tuned = comparedArms(workspace, seeds).includes(arm);
  return tuned && comparedSeeds(workspace, seeds).includes(seed) ? null : 'left out: not tuned';
}

/** Name under which the answers of the bank with one of the recipe's selectors are stored. */
export const selectorArm = (name: string): string => `selector ${name}`;

/** The bank under each of the recipe's further selectors, fitted to it here. */
function selectorsStage(
  store: Store,
  runId: string,
  workspace: Workspace,
  seed: number,
  seeds: readonly number[],
): Stage {
  return {
    name: `evaluate:selectors@${seed}`,
    async run(context) {
      const why = leftOut(workspace, 'idp', seed, seeds);
      if (why !== null) return context.leaveOut(why);
      const { recipe, directory } = workspace;
      const loaded = await workspace.compressed();
      const { prompts } = await loadBank(join(directory, tunedFolder('bank', seed)), loaded);
      const fitter = await runFitter(workspace, seed, prompts, context);
      const count = recipe.selectors.length;
      for (const [index, wanted] of recipe.selectors.entries()) {
        const name = selectorName(wanted);
        const selector = await fitter.fit(wanted);
        const prepared = bankArm(loaded, { prompts, selector });
        const progress = (share: number) => context.progress((index + share) / count);
        const answers = await answerAs(workspace, prepared, context.signal, progress);
        await saveAnswers(store.db, { runId, arm: selectorArm(name), seed }, answers.rows);
        context.metric(0, `${name} ${MEASURES.milliseconds}`, answers.milliseconds);
        context.metric(0, `${name} ${MEASURES.extraParameters}`, selectorParameters(selector));
      }
    },
  };
}

async function answerAs(
  workspace: Workspace,
  prepared: PreparedArm,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<{ readonly rows: Answer[]; readonly milliseconds: number }> {
  const tasks = await workspace.tasks();
  const scorer = createAnswerer(await workspace.engine(), prepared.arm);
  try {
    const { tokenizer } = prepared.loaded;
    const { itemsPerTask } = workspace.recipe.evaluation;
    const answers = await answerTasks(scorer, tokenizer, tasks, itemsPerTask, {
      signal,
      onProgress: (done, total) => progress(done / total),
    });
    const milliseconds = await timePerInput(prepared, scorer, tasks);
    return { rows: answers.map((answer) => toAnswer(prepared, answer)), milliseconds };
  } finally {
    await scorer.release();
  }
}

/** Every prompt of the bank on every input: what IDP could have chosen. */
function controlsStage(
  store: Store,
  runId: string,
  workspace: Workspace,
  seed: number,
  seeds: readonly number[],
): Stage {
  return {
    name: `evaluate:controls@${seed}`,
    async run({ signal, progress, leaveOut }) {
      const why = leftOut(workspace, 'idp', seed, seeds);
      if (why !== null) return leaveOut(why);
      const loaded = await workspace.compressed();
      const folder = join(workspace.directory, tunedFolder('bank', seed));
      const bank = await loadBank(folder, loaded);
      const prepared = bankArm(loaded, { ...bank, selector: { kind: 'idp', layer: 0 } });
      const { itemsPerTask } = workspace.recipe.evaluation;
      const tasks = await workspace.tasks();
      const engine = await workspace.engine();
      const count = prepared.promptNames.length;
      for (let prompt = 0; prompt < count; prompt++) {
        const arm = { ...prepared.arm, selector: { kind: 'fixed', prompt } as const };
        const answers = await askTasks(engine, { ...prepared, arm }, tasks, itemsPerTask, {
          signal,
          onProgress: (done, total) => progress((prompt + done / total) / count),
        });
        await saveAnswers(store.db, { runId, arm: fixedPromptArm(prompt), seed }, answers);
      }
    },
  };
}

/** Answers the tasks, then measures perplexity and time. */
export async function measure(
  workspace: Workspace,
  prepared: PreparedArm,
  { signal, progress, metric }: Pick<StageContext, 'signal' | 'progress' | 'metric'>,
): Promise<Answer[]> {
  const { itemsPerTask, textTokens } = workspace.recipe.evaluation;
  const tasks = await workspace.tasks();
  const { tokenizer } = prepared.loaded;
  const scorer = createAnswerer(await workspace.engine(), prepared.arm);
  try {
    const answers = await answerTasks(scorer, tokenizer, tasks, itemsPerTask, {
      signal,
      onProgress: (done, total) => progress((0.8 * done) / total),
    });
    if (textTokens > 0) {
      const room = textRoom(workspace.recipe.tuning, prepared.arm.model.config.maxPositions);
      const text = { files: [starter.heldOutText], limit: textTokens, room };
      metric(0, MEASURES.perplexity, await textPerplexity(scorer, tokenizer, text, signal));
    }
    progress(0.95);
    metric(0, MEASURES.milliseconds, await timePerInput(prepared, scorer, tasks));
    metric(0, MEASURES.extraParameters, prepared.extraParameters);
    return answers.map((answer) => toAnswer(prepared, answer));
  } finally {
    await scorer.release();
  }
}

/**
 * Positions that are free for text, the same for all arms, as if each had the longest prompt: they are
 * scored on the same windows.
 */
export const textRoom = ({ tokens, prefix }: Recipe['tuning'], positions: number): number =>
  positions - Math.max(tokens, prefix?.tokens ?? 0);

function timePerInput(
  { loaded }: PreparedArm,
  scorer: Scorer,
  tasks: readonly Task[],
): Promise<number> {
  const contexts = tasks.flatMap((task) =>
    task.heldout.slice(0, TIMED_INPUTS).map(({ context }) => context),
  );
  const inputs = contexts.map((context) => encodePair(loaded.tokenizer, context, ' '));
  return latency(scorer, inputs);
}
