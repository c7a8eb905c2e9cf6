import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompressionReport } from '../../core/compress/report.ts';
import type { ChoiceItem, ClozeItem } from '../../core/evaluate/tasks.ts';
import { readBank } from '../../core/export/bank.ts';
import { selectorParameters } from '../../core/select/selector.ts';
import { type Recipe, selectorName } from '../../shared/recipe.ts';
import type { Arm, ArmId, RunTimings } from '../../shared/results.ts';
import { type Answer, readAnswers } from '../db/answers.ts';
import { readMetrics } from '../db/metrics.ts';
import type { Store } from '../db/open.ts';
import { saveResults } from '../db/results.ts';
import { listStages } from '../db/stages.ts';
import { armLabel, tunedPart } from './arms.ts';
import { evaluateStage, fixedPromptArm, MEASURES, selectorArm } from './evaluate-stages.ts';
import { parameterCount } from './model-shape.ts';
import { type BankAnswer, compareSelectors, type SelectedAnswers } from './selectors.ts';
import type { Stage } from './stage.ts';
import { comparedArms, comparedSeeds, remarks } from './stopped-early.ts';
import { type ArmMeasurements, summarise, toScored } from './summarise.ts';
import { summariseAnalysis } from './summarise-analysis.ts';
import { SINGLE_PROMPT, tunedFolder } from './tune-stages.ts';
import { COMPRESSED, type Workspace } from './workspace.ts';

const BYTES_PER_PARAMETER = 4;

/** Turns the stored answers into the table of arms and the verdict. */
export function summariseStage(
  store: Store,
  runId: string,
  workspace: Workspace,
  seeds: readonly number[],
): Stage {
  return {
    name: 'summarise',
    async run() {
      const { recipe, directory } = workspace;
      const stopped = remarks(await listStages(store.db, runId));
      const compared = comparedSeeds(workspace, seeds);
      const report = await readReport(directory);
      const measures = await readMeasures(store, runId);
      const hashes = await artefactHashes(store, runId);
      const arms: ArmMeasurements[] = [];
      const ids = comparedArms(workspace, seeds);
      const seedsOf = (id: ArmId) => (isBaseline(id) ? seeds.slice(0, 1) : compared);
      for (const id of ids) {
        const armSeeds = seedsOf(id);
        const values = (name: string) => armSeeds.map((seed) => measures(id, seed, name));
        const answers = await readArmAnswers(store, runId, id, armSeeds);
        const extraParameters = values(MEASURES.extraParameters)[0]!;
        const size = id === 'original' ? 'original' : 'compressed';
        const extraBytes = extraParameters * BYTES_PER_PARAMETER;
        arms.push({
          arm: await describeArm(workspace, id, armSeeds, { hashes, answers, stopped }),
          scored: toScored(answers),
          perplexity: recipe.evaluation.textTokens === 0 ? null : mean(values(MEASURES.perplexity)),
          extraParameters,
          bytesOnDisk: report.disk[size] + extraBytes,
          bytesInMemory: report.memory[size] + extraBytes,
        });
      }
      const bootstrap = { resamples: recipe.evaluation.bootstrap, seed: recipe.seed };
      const parameters = parameterCount((await workspace.original()).model);
      const results = summarise(arms, { seeds: compared, parameters, stopped }, bootstrap);
      const banks = await readBankAnswers(store, runId, workspace, compared);
      const selected = await readSelected(store, runId, workspace, compared);
      const selectors = compareSelectors(banks, selected, bootstrap);
      const tasks = (await workspace.tasks()).map(({ name, title }) => [name, title] as const);
      const taskTitles = Object.fromEntries(tasks);
      const analysis = await summariseAnalysis(store, runId, workspace, taskTitles);
      await saveResults(store.db, runId, {
        results: { ...results, taskTitles, selectors, analysis },
        timings: await readTimings(store, runId, recipe, { arms: ids, seedsOf, measures }),
      });
    },
  };
}

const isBaseline = (id: ArmId): boolean => id === 'original' || id === 'compressed';

const readReport = async (directory: string): Promise<CompressionReport> =>
  JSON.parse(await readFile(join(directory, COMPRESSED, 'kintsugi.json'), 'utf8'));

type Measures = (arm: ArmId, seed: number, name: string) => number;

async function readMeasures(store: Store, runId: string): Promise<Measures> {
  const rows = await readMetrics(store.db, runId);
  const values = new Map(rows.map(({ stage, name, value }) => [`${stage} ${name}`, value]));
  return (arm, seed, name) => values.get(`${evaluateStage(arm, seed)} ${name}`)!;
}

/** Content hash by artefact folder. */
async function artefactHashes(store: Store, runId: string): Promise<ReadonlyMap<string, string>> {
  const stages = await listStages(store.db, runId);
  return new Map(
    stages.flatMap(({ artefact, artefact_hash: hash }) =>
      artefact === null || hash === null ? [] : [[artefact, hash]],
    ),
  );
}

async function describeArm(
  workspace: Workspace,
  id: ArmId,
  seeds: readonly number[],
  {
    hashes,
    answers,
    stopped,
  }: {
    readonly hashes: ReadonlyMap<string, string>;
    readonly answers: readonly (readonly Answer[])[];
    /** Remarks of tuning that was cut short, by `bank@0`. */
    readonly stopped: ReadonlyMap<string, string>;
  },
): Promise<Arm> {
  const { checkpoint } = await (id === 'original' ? workspace.original() : workspace.compressed());
  const base = { id, label: armLabel(id, workspace.recipe), weightsHash: checkpoint.hash };
  if (id === 'original' || id === 'compressed') return base;
  const prompts = answers.map((seed) => seed[0]?.prompt ?? '');
  const parts = seeds.map((seed, i) => {
    if (id !== 'prompt') return { what: tunedPart(id), seed };
    return { what: prompts[i] === SINGLE_PROMPT ? ('single' as const) : ('bank' as const), seed };
  });
  const hash = combine(parts.map(({ what, seed }) => hashes.get(tunedFolder(what, seed))!));
  const early = parts.some(({ what, seed }) => stopped.has(`${what}@${seed}`));
  const label = early ? `${base.label} (stopped early)` : base.label;
  switch (id) {
    case 'bank-lora':
      return { ...base, label, adapterHash: hash, selector: workspace.recipe.selector };
    case 'idp':
      return { ...base, label, bankHash: hash, selector: workspace.recipe.selector };
    case 'prompt': {
      const selector = { kind: 'fixed', prompt: prompts.join(', ') };
      return { ...base, label, bankHash: hash, selector };
    }
    default:
      return { ...base, label, adapterHash: hash };
  }
}

const combine = (hashes: readonly string[]): string =>
  hashes.length === 1 ? hashes[0]! : createHash('sha256').update(hashes.join('\n')).digest('hex');

/** By seed, then by input, in one order for all arms. */
const readArmAnswers = (
  store: Store,
  runId: string,
  arm: string,
  seeds: readonly number[],
): Promise<Answer[][]> =>
  Promise.all(seeds.map((seed) => readAnswers(store.db, { runId, arm, seed })));

/** By seed, every input as each prompt of the seed's bank answered it. */
async function readBankAnswers(
  store: Store,
  runId: string,
  workspace: Workspace,
  seeds: readonly number[],
): Promise<BankAnswer[][]> {
  const tasks = await workspace.tasks();
  const right = new Map(
    tasks.flatMap((task) =>
      task.heldout.map((item) => [`${task.name} ${item.id}`, rightLogLikelihood(item)] as const),
    ),
  );
  const read = async (seed: number): Promise<BankAnswer[]> => {
    const prompts: Answer[][] = [];
    const { prompts: bank } = await readBank(join(workspace.directory, tunedFolder('bank', seed)));
    for (const prompt of bank.keys()) {
      prompts.push(await readAnswers(store.db, { runId, arm: fixedPromptArm(prompt), seed }));
    }
    return prompts[0]!.map(({ task, itemId }, i) => ({
      task,
      byPrompt: prompts.map((answers) => ({
        correct: answers[i]!.correct,
        logLikelihood: right.get(`${task} ${itemId}`)!(answers[i]!.scores),
      })),
    }));
  };
  return Promise.all(seeds.map(read));
}

/** The bank's arm and the recipe's further selectors on the same inputs. */
async function readSelected(
  store: Store,
  runId: string,
  { recipe: { selector, selectors }, directory }: Workspace,
  seeds: readonly number[],
): Promise<SelectedAnswers[]> {
  const metrics = await readMetrics(store.db, runId);
  const own = await readBank(join(directory, tunedFolder('bank', seeds[0]!)));
  const parameters = (name: string) =>
    metrics.find((row) => row.name === `${name} ${MEASURES.extraParameters}`)?.value ?? 0;
  const asked = [
    { wanted: selector, arm: 'idp', parameters: selectorParameters(own.selector) },
    ...selectors.map((wanted) => {
      const name = selectorName(wanted);
      return { wanted, arm: selectorArm(name), parameters: parameters(name) };
    }),
  ];
  return Promise.all(
    asked.map(async ({ wanted, arm, parameters }) => ({
      kind: wanted.kind,
      name: selectorName(wanted),
      parameters,
      correct: toScored(await readArmAnswers(store, runId, arm, seeds)).correct,
    })),
  );
}

/** From an answer's log-likelihoods to that of the right choice, or of the likeliest right answer. */
const rightLogLikelihood =
  (item: ChoiceItem | ClozeItem) =>
  (scores: readonly number[]): number =>
    'choices' in item ? scores[item.answer]! : Math.max(...scores);

async function readTimings(
  store: Store,
  runId: string,
  recipe: Recipe,
  {
    arms,
    seedsOf,
    measures,
  }: {
    readonly arms: readonly ArmId[];
    readonly seedsOf: (arm: ArmId) => readonly number[];
    readonly measures: Measures;
  },
): Promise<RunTimings> {
  const metrics = await readMetrics(store.db, runId);
  const perSelector = recipe.selectors.map((wanted) => {
    const name = selectorName(wanted);
    const rows = metrics.filter((row) => row.name === `${name} ${MEASURES.milliseconds}`);
    return [name, mean(rows.map(({ value }) => value))] as const;
  });
  const stages = await listStages(store.db, runId);
  const seconds = stages.flatMap(({ name, started_at: start, finished_at: end }) =>
    start === null || end === null ? [] : [[name, (end - start) / 1000] as const],
  );
  const milliseconds = (arm: ArmId) =>
    seedsOf(arm).map((seed) => measures(arm, seed, MEASURES.milliseconds));
  const times = arms.map((arm) => [arm, mean(milliseconds(arm))] as const);
  return {
    millisecondsPerInput: Object.fromEntries(times),
    millisecondsPerSelector: {
      [selectorName(recipe.selector)]: mean(milliseconds('idp')),
      ...Object.fromEntries(perSelector),
    },
    stageSeconds: Object.fromEntries(seconds),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
