import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RUNTIME_FILE, RUNTIME_SEAL } from '../../core/checkpoint/folder.ts';
import { type Task, tuningExamples } from '../../core/evaluate/tasks.ts';
import { tuneLora } from '../../core/tune/lora.ts';
import { tunePrompt } from '../../core/tune/prompt.ts';
import type { TuneRun } from '../../core/tune/tune.ts';
import { type Recipe, recipeSeeds } from '../../shared/recipe.ts';
import { saveAnswers } from '../db/answers.ts';
import { fixedArm, loraArm, type PreparedArm, plainArm, prepareBaseline } from './arms.ts';
import { askTasks, partOf } from './ask.ts';
import { compressLoaded } from './compress-model.ts';
import { seenTasks, tasksAbout } from './facts.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import type { Stage } from './stage.ts';
import { loadUnknownFacts, starter } from './starter.ts';
import { comparedSeeds } from './stopped-early.ts';
import { bankSize, plainRun, SINGLE_PROMPT, type Tuning } from './tune-stages.ts';
import { loadAdapter, loadBank, saveAdapter, saveBank } from './tuned-folders.ts';
import { splitExamples, tuneOptions } from './tuning-subject.ts';
import type { Workspace } from './workspace.ts';

/**
 * The control of "forgotten or displaced?": the starter's twin, trained the same way but never told a
 * quarter of the facts. It is compressed as the run's model is, so that it differs in nothing but
 * what it knows; a prompt and an adapter are tuned on half of those facts and asked the other half.
 * There is nothing to be found, so nothing may come back.
 */
export function controlStages(tuning: Tuning, seeds: readonly number[]): Stage[] {
  if (!hasControl(tuning.workspace.recipe)) return [];
  return [
    compressStage(tuning.workspace),
    ...seeds.flatMap((seed) => [
      promptStage(tuning, seed),
      loraStage(tuning, seed),
      askStage(tuning, seed),
    ]),
  ];
}

/** Only the starter has a twin, and only of questions is known which facts they tell. */
export const hasControl = ({ model, tuning }: Recipe): boolean =>
  model === 'starter' && tuning.data === 'tasks';

/** The original, the control, and what it is repaired with. */
export const CONTROL_ARMS = ['original', 'compressed', 'prompt', 'lora'] as const;
export type ControlArm = (typeof CONTROL_ARMS)[number];

/** Name under which the answers of the control, or of the original on its facts, are stored. */
export const controlArm = (arm: ControlArm, kind: 'unseen' | 'seen'): string =>
  kind === 'seen' ? `control seen ${arm}` : `control ${arm}`;

const CONTROL = 'control-compressed';

const folders = (seed: number) => ({
  prompt: `control-tuned/prompt@${seed}`,
  lora: `control-tuned/lora@${seed}`,
});

/** Seeds whose repairs stand beside those of the control. */
export const controlledSeeds = (workspace: Workspace): number[] =>
  comparedSeeds(workspace, recipeSeeds(workspace.recipe)).filter((seed) =>
    isControlled(workspace, seed),
  );

const isControlled = ({ directory }: Workspace, seed: number): boolean =>
  Object.values(folders(seed)).every((folder) => existsSync(join(directory, folder)));

/** The run's tasks about facts that the control was never told. */
const controlTasks = async (workspace: Workspace): Promise<Task[]> =>
  tasksAbout(await workspace.tasks(), await loadUnknownFacts());

function compressStage(workspace: Workspace): Stage {
  return {
    name: 'analyse:compress-control',
    artefact: CONTROL,
    unhashed: ['kintsugi.json', RUNTIME_FILE, RUNTIME_SEAL],
    async run({ scratch, signal, progress, notice }) {
      const out = join(workspace.directory, CONTROL);
      await rm(out, { recursive: true, force: true });
      const { compression, seed } = workspace.recipe;
      const to = { out, seed, partial: join(scratch, 'model') };
      const loaded = await loadModel(starter.control);
      await compressLoaded(loaded, await workspace.engine(), compression, to, {
        signal,
        onNotice: notice,
        onProgress: ({ share, secondsLeft }) => progress(share, secondsLeft),
      });
    },
  };
}

export const openControl = ({ directory }: Workspace): Promise<LoadedModel> =>
  loadModel(join(directory, CONTROL));

const NOT_TUNED = 'left out: the run was stopped before';

/** With the run's settings, on the facts of the training half that the control never knew. */
function tuneStage(
  { workspace, finish }: Tuning,
  what: keyof ReturnType<typeof folders>,
  seed: number,
  tune: (
    on: Awaited<ReturnType<typeof controlSubject>>,
    run: TuneRun,
  ) => Promise<{ readonly stopped: boolean; readonly save: (dir: string) => Promise<void> }>,
): Stage {
  return {
    name: `analyse:control-${what}@${seed}`,
    artefact: folders(seed)[what],
    async run(context) {
      if (finish.aborted) return context.leaveOut(NOT_TUNED);
      const tuned = await tune(
        await controlSubject(workspace, seed),
        plainRun({ context, finish }),
      );
      // Cut short, it would not have had the chance to bring back as much as the run's repairs.
      if (tuned.stopped) return context.leaveOut(NOT_TUNED);
      await tuned.save(join(workspace.directory, folders(seed)[what]));
    },
  };
}

async function controlSubject(workspace: Workspace, seed: number) {
  const loaded = await openControl(workspace);
  const { model, checkpoint, tokenizer } = loaded;
  return {
    subject: { engine: await workspace.engine(), model, modelHash: checkpoint.hash, tokenizer },
    data: splitExamples((await controlTasks(workspace)).flatMap(tuningExamples), seed),
    on: { loaded, model: starter.control, seed },
  };
}

/** One prompt, as long as all of the run's bank are tuned together. */
function promptStage(tuning: Tuning, seed: number): Stage {
  const asked = tuning.workspace.recipe.tuning;
  const options = tuneOptions(asked, seed);
  return tuneStage(tuning, 'prompt', seed, async ({ subject, data, on }, run) => {
    const steps = options.steps * (await bankSize(tuning.workspace, seed));
    const { tokens, init } = asked;
    const single = { ...options, steps, name: SINGLE_PROMPT, tokens, init };
    const tuned = await tunePrompt(subject, data, single, run);
    return {
      stopped: tuned.stoppedAt !== undefined,
      save: (dir) => saveBank(dir, [tuned], { kind: 'fixed', prompt: 0 }, on),
    };
  });
}

function loraStage(tuning: Tuning, seed: number): Stage {
  const asked = tuning.workspace.recipe.tuning;
  const options = { ...tuneOptions(asked, seed), ...asked.lora };
  return tuneStage(tuning, 'lora', seed, async ({ subject, data, on }, run) => {
    const tuned = await tuneLora(subject, data, options, run);
    return {
      stopped: tuned.stoppedAt !== undefined,
      save: (dir) => saveAdapter(dir, tuned.adapter, on),
    };
  });
}

/** What the control is compared by, in the order of the run's arms; the first two need no seed. */
async function controlArms(
  workspace: Workspace,
  seed: number,
  first: boolean,
): Promise<[ControlArm, PreparedArm][]> {
  const loaded = await openControl(workspace);
  const at = (folder: string) => join(workspace.directory, folder);
  const { prompts } = await loadBank(at(folders(seed).prompt), loaded);
  const adapter = await loadAdapter(at(folders(seed).lora), loaded);
  const tuned: [ControlArm, PreparedArm][] = [
    ['prompt', fixedArm(loaded, prompts[0]!)],
    ['lora', loraArm(loaded, adapter)],
  ];
  if (!first) return tuned;
  return [
    ['original', await prepareBaseline(workspace, 'original')],
    ['compressed', plainArm(loaded)],
    ...tuned,
  ];
}

/** The original, the control and its repairs, on facts that tuning showed and on others. */
function askStage({ store, runId, workspace }: Tuning, seed: number): Stage {
  return {
    name: `analyse:control@${seed}`,
    async run(context) {
      const seeds = recipeSeeds(workspace.recipe);
      if (!isControlled(workspace, seed)) return context.leaveOut(NOT_TUNED);
      const tasks = await controlTasks(workspace);
      const asked = { unseen: tasks, seen: seenTasks(tasks, tasks.flatMap(tuningExamples), seeds) };
      const arms = await controlArms(workspace, seed, seed === seeds[0]);
      const engine = await workspace.engine();
      const { itemsPerTask } = workspace.recipe.evaluation;
      const kinds = ['unseen', 'seen'] as const;
      for (const [index, [arm, prepared]] of arms.entries())
        for (const [half, kind] of kinds.entries()) {
          const answers = await askTasks(engine, prepared, asked[kind], itemsPerTask, {
            signal: context.signal,
            onProgress: partOf(context, kinds.length * index + half, kinds.length * arms.length),
          });
          await saveAnswers(store.db, { runId, arm: controlArm(arm, kind), seed }, answers);
        }
    },
  };
}
