import { judgeDisplacement, judgeTogether } from '../../core/analyse/displaced.ts';
import { recovery } from '../../core/evaluate/recovery.ts';
import type {
  ArmId,
  ArmRecovery,
  ControlRepair,
  ControlResult,
  Displacement,
  JudgedRepairs,
  RepairDisplacement,
  TaskTitles,
} from '../../shared/results.ts';
import type { ControlArm } from './control-stages.ts';
import { displacementWords } from './displacement-words.ts';
import { accuracies, recoveryScores, type Scored } from './summarise.ts';

export type ScoredArms<Id extends ArmId = ArmId> = ReadonlyMap<Id, Scored>;

export interface Bootstrap {
  readonly resamples: number;
  readonly seed: number;
}

/** Answers of the same arms on three kinds of facts. */
export interface Evidence {
  /** Never tuned on. */
  readonly unseen: ScoredArms;
  /** Null where nothing says which facts tuning showed. */
  readonly seen: ScoredArms | null;
  /** Of the model that was never told what it is asked; null where there is none. */
  readonly control: {
    readonly weightsHash: string;
    readonly unseen: ScoredArms<ControlArm>;
    readonly seen: ScoredArms<ControlArm>;
  } | null;
}

/** All tasks' intervals together hold with this much. */
const LEVEL = 0.95;

/** Forgotten or displaced, over all tasks and for each: with intervals that hold for all tasks at once. */
export function judgeRun(
  evidence: Evidence,
  bootstrap: Bootstrap,
  titles: TaskTitles,
): Displacement {
  const { unseen, seen, control } = evidence;
  const tasks = [...new Set(unseen.get('original')!.tasks)];
  const taskLevel = 1 - (1 - LEVEL) / tasks.length;
  const judged = {
    overall: judge(evidence, { ...bootstrap, level: LEVEL }, null),
    tasks: Object.fromEntries(
      tasks.map((task) => [task, judge(evidence, { ...bootstrap, level: taskLevel }, task)]),
    ),
    taskLevel,
    seen: Object.fromEntries(
      [...(seen ?? [])].map(([arm, scored]) => [arm, accuracies(scored).mean]),
    ),
    control: control && controlResult(control, { ...bootstrap, level: LEVEL }),
  };
  return { words: displacementWords(judged, titles), ...judged };
}

type Options = Bootstrap & { readonly level: number };

/** `task`: null for all. */
function judge(
  { unseen, seen, control }: Evidence,
  options: Options,
  task: string | null,
): JudgedRepairs {
  const repairs = repairsOf(unseen).map((arm): RepairDisplacement => {
    const given = {
      unseen: regained(unseen, arm, options, task)!,
      seen: seen && regained(seen, arm, options, task),
      control: control && regained(control.unseen, counterpart(arm), options, task),
    };
    const { kind, control: controlSays } = judgeDisplacement({
      unseen: given.unseen,
      ...(given.seen ? { seen: given.seen } : {}),
      ...(given.control ? { control: given.control } : {}),
    });
    return { arm, ...given, kind, controlSays };
  });
  return { kind: judgeTogether(repairs.map(({ kind }) => kind)), repairs };
}

const repairsOf = <Id extends ArmId>(arms: ScoredArms<Id>) =>
  [...arms.keys()].filter((arm) => arm !== 'original' && arm !== 'compressed') as Exclude<
    Id,
    'original' | 'compressed'
  >[];

/** What stands in front of the input is held against a prompt, what changes the weights against LoRA. */
const counterpart = (arm: ArmId): ControlRepair =>
  arm === 'prompt' || arm === 'idp' || arm === 'prefix' ? 'prompt' : 'lora';

/** Null where the task has no such questions. */
function regained<Id extends ArmId>(
  arms: ReadonlyMap<Id | 'original' | 'compressed', Scored>,
  arm: Id,
  options: Options,
  task: string | null,
): ArmRecovery | null {
  const [original, compressed, repaired] = (['original', 'compressed', arm] as const).map((id) =>
    onTask(arms.get(id)!, task),
  ) as [Scored, Scored, Scored];
  if (repaired.tasks.length === 0) return null;
  return recovery(recoveryScores(original, compressed, repaired), options);
}

function onTask(scored: Scored, task: string | null): Scored {
  if (task === null) return scored;
  const inputs = [...scored.tasks.keys()].filter((input) => scored.tasks[input] === task);
  return {
    tasks: inputs.map(() => task),
    correct: scored.correct.map((seed) => inputs.map((input) => seed[input]!)),
  };
}

function controlResult(
  { weightsHash, unseen, seen }: NonNullable<Evidence['control']>,
  options: Options,
): ControlResult {
  const accuracy = Object.fromEntries(
    [...unseen].map(([arm, scored]) => [arm, accuracies(scored).mean]),
  ) as ControlResult['accuracy'];
  const repairs = repairsOf(unseen).map((arm) => {
    const given = {
      unseen: regained(unseen, arm, options, null)!,
      seen: regained(seen, arm, options, null)!,
    };
    return { arm, ...given, kind: judgeDisplacement(given).kind };
  });
  return { weightsHash, questions: unseen.get('original')!.tasks.length, accuracy, repairs };
}
