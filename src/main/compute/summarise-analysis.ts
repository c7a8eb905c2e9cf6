import { join } from 'node:path';
import { recovery } from '../../core/evaluate/recovery.ts';
import { readBank } from '../../core/export/bank.ts';
import { recipeSeeds } from '../../shared/recipe.ts';
import type {
  ArmId,
  ArmSimilarity,
  Choices,
  PromptAlone,
  RestoredBlock,
  RunAnalysis,
  TaskTitles,
} from '../../shared/results.ts';
import { type Answer, readAnswers } from '../db/answers.ts';
import { readMetrics } from '../db/metrics.ts';
import type { Store } from '../db/open.ts';
import { restoredArm, SIMILARITY_STAGE, seenArm, similarityMetric } from './analyse-stages.ts';
import { CONTROL_ARMS, controlArm, controlledSeeds, openControl } from './control-stages.ts';
import { type Bootstrap, type Evidence, judgeRun, type ScoredArms } from './displacement.ts';
import { fixedPromptArm } from './evaluate-stages.ts';
import { comparedArms, comparedSeeds } from './stopped-early.ts';
import { accuracies, recoveryScores, toScored } from './summarise.ts';
import { tunedFolder } from './tune-stages.ts';
import type { Workspace } from './workspace.ts';

/** What the run's stored answers and metrics say beside the comparison. Deterministic. */
export async function summariseAnalysis(
  store: Store,
  runId: string,
  workspace: Workspace,
  titles: TaskTitles,
): Promise<RunAnalysis> {
  const { analysis, evaluation, seed, tuning } = workspace.recipe;
  const bootstrap = { resamples: evaluation.bootstrap, seed };
  const seeds = comparedSeeds(workspace, recipeSeeds(workspace.recipe));
  const reading = { store, runId, workspace, seeds, bootstrap };
  const prompts = await readPromptsAlone(reading);
  return {
    displaced: analysis?.displaced
      ? judgeRun(await readEvidence(reading), bootstrap, titles)
      : null,
    similarity: analysis?.similarity ? await readSimilarity(reading) : null,
    restored: analysis?.restore ? await readRestored(reading) : null,
    choices: countChoices(
      await readAnswers(store.db, { runId, arm: 'idp', seed: seeds[0]! }),
      prompts.map(({ name }) => name),
      tuning.bank.by === 'family',
    ),
    prompts,
  };
}

interface Reading {
  readonly store: Store;
  readonly runId: string;
  readonly workspace: Workspace;
  /** Those that are compared; weights alone answered under the first. */
  readonly seeds: readonly number[];
  readonly bootstrap: Bootstrap;
}

const isBaseline = (arm: string): boolean => arm === 'original' || arm === 'compressed';

async function readEvidence(reading: Reading): Promise<Evidence> {
  const arms = comparedArms(reading.workspace, reading.seeds);
  const seen = await readScored(reading, arms, seenArm);
  return {
    unseen: await readScored(reading, arms, (arm) => arm),
    seen: seen.get('original')!.tasks.length > 0 ? seen : null,
    control: await readControl(reading),
  };
}

async function readControl(reading: Reading): Promise<Evidence['control']> {
  const seeds = controlledSeeds(reading.workspace);
  if (seeds.length === 0) return null;
  const read = (kind: 'unseen' | 'seen') =>
    readScored({ ...reading, seeds }, CONTROL_ARMS, (arm) => controlArm(arm, kind));
  const { checkpoint } = await openControl(reading.workspace);
  return { weightsHash: checkpoint.hash, unseen: await read('unseen'), seen: await read('seen') };
}

/** Every arm's answers, by the name under which they are stored. */
async function readScored<Id extends ArmId>(
  { store, runId, seeds }: Reading,
  arms: readonly Id[],
  nameOf: (arm: Id) => string,
): Promise<ScoredArms<Id>> {
  const scored = arms.map(async (arm) => {
    const answers = (isBaseline(arm) ? seeds.slice(0, 1) : seeds).map((seed) =>
      readAnswers(store.db, { runId, arm: nameOf(arm), seed }),
    );
    return [arm, toScored(await Promise.all(answers))] as const;
  });
  return new Map(await Promise.all(scored));
}

/** Answers of one arm that was asked once, with what they regain of what compression lost on them. */
async function readOnce(
  { store, runId, seeds: [seed], bootstrap }: Reading,
  arm: string,
): Promise<Pick<RestoredBlock, 'mean' | 'recovery'>> {
  const read = (name: string) => readAnswers(store.db, { runId, arm: name, seed: seed! });
  const answers = await read(arm);
  const asked = new Set(answers.map(keyOf));
  const same = async (name: string) =>
    toScored([(await read(name)).filter((answer) => asked.has(keyOf(answer)))]);
  const scored = toScored([answers]);
  const scores = recoveryScores(await same('original'), await same('compressed'), scored);
  return { mean: accuracies(scored).mean, recovery: recovery(scores, bootstrap) };
}

const keyOf = ({ task, itemId }: Answer): string => JSON.stringify([task, itemId]);

async function readSimilarity({
  store,
  runId,
  workspace,
  seeds,
}: Reading): Promise<ArmSimilarity[]> {
  const metrics = await readMetrics(store.db, runId);
  const byBlock = (arm: ArmId, what: 'attention' | 'activation') =>
    metrics
      .filter(
        ({ stage, name }) => stage === SIMILARITY_STAGE && name === similarityMetric(arm, what),
      )
      .map(({ value }) => value);
  return comparedArms(workspace, seeds)
    .filter((arm) => arm !== 'original')
    .map((arm) => ({
      arm,
      attention: byBlock(arm, 'attention'),
      activation: byBlock(arm, 'activation'),
    }));
}

async function readRestored(reading: Reading): Promise<RestoredBlock[]> {
  const { layers } = (await reading.workspace.original()).model.config;
  const blocks = Array.from({ length: layers }, async (_, layer) => ({
    layer,
    ...(await readOnce(reading, restoredArm(layer))),
  }));
  return Promise.all(blocks);
}

async function readPromptsAlone(reading: Reading): Promise<PromptAlone[]> {
  const { workspace, seeds } = reading;
  const folder = join(workspace.directory, tunedFolder('bank', seeds[0]!));
  const { prompts } = await readBank(folder);
  const alone = prompts.map(async ({ name, tokens }, prompt) => ({
    name,
    tokens,
    ...(await readOnce(reading, fixedPromptArm(prompt))),
  }));
  return Promise.all(alone);
}

/** @param byFamily whether a prompt is named after the tasks that it was tuned on */
export function countChoices(
  answers: readonly Pick<Answer, 'task' | 'prompt'>[],
  prompts: readonly string[],
  byFamily: boolean,
): Choices {
  const tasks = [...Map.groupBy(answers, ({ task }) => task)].map(([task, own]) => {
    const counts = prompts.map((name) => own.filter(({ prompt }) => prompt === name).length);
    const family = prompts.findIndex((name) => name.split('+').includes(task));
    return { task, counts, own: byFamily && family >= 0 ? family : null };
  });
  const right = tasks.reduce((sum, { counts, own }) => sum + (own === null ? 0 : counts[own]!), 0);
  return {
    prompts,
    tasks,
    own: byFamily ? { share: right / answers.length, byLot: 1 / prompts.length } : null,
  };
}
