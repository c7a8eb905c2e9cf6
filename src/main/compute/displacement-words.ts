import type {
  ArmRecovery,
  ControlResult,
  Displacement,
  DisplacementKind,
  JudgedRepairs,
  RepairDisplacement,
  TaskTitles,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { capitalise, list, nameInText, percent } from './words.ts';

const HEADLINES: Readonly<Record<DisplacementKind, string>> = {
  displaced: 'Displaced, not forgotten.',
  forgotten: 'Forgotten.',
  'nothing-regained':
    'These repairs bring nothing back, so they cannot say whether it is still there.',
  undecided: 'Undecided.',
  untrustworthy: 'This test cannot be trusted here.',
  'nothing-lost': 'Compression lost nothing on these questions, so there is nothing to ask.',
};

/** The verdict in a few sentences that claim no more than the intervals allow. */
export function displacementWords(judged: Omit<Displacement, 'words'>, titles: TaskTitles): string {
  const { overall, tasks, control } = judged;
  if (overall.kind === 'nothing-lost') return HEADLINES['nothing-lost'];
  return [
    HEADLINES[overall.kind],
    ...reasons(overall),
    ...controlSentence(control, overall),
    ...byTask(tasks, titles),
  ].join(' ');
}

/** The repair that the sentence is about: of those with the verdict, the one that regained most. */
function spokesman({ kind, repairs }: JudgedRepairs): RepairDisplacement | undefined {
  return repairs
    .filter((repair) => repair.kind === kind)
    .toSorted((a, b) => share(b.unseen) - share(a.unseen))[0];
}

const share = (recovery: ArmRecovery): number => ('share' in recovery ? recovery.share : 0);

function reasons(judged: JudgedRepairs): string[] {
  const repair = spokesman(judged);
  if (repair === undefined) return [];
  const name = capitalise(nameInText(repair.arm));
  const unseen = regained(repair.unseen);
  const agree = judged.repairs.filter(({ kind }) => kind === judged.kind).length;
  const others =
    judged.repairs.length > 1 ? [`${agree} of ${judged.repairs.length} repairs say so.`] : [];
  const seen = repair.seen ? `, and ${regained(repair.seen)} on facts that it was tuned on` : '';
  switch (judged.kind) {
    case 'displaced':
      return [
        `${name} brought back ${unseen} of what compression had cost on facts that tuning never showed${seen}: what no tuning taught was still in the weights.`,
        ...others,
      ];
    case 'forgotten':
      return [
        `${name} brought back ${unseen} on facts that tuning never showed${seen}: it learned anew what it was shown, and found nothing else.`,
        ...others,
      ];
    case 'nothing-regained':
      return [`Most came from ${nameInText(repair.arm)}: ${unseen} on unseen facts${seen}.`];
    case 'undecided':
      return [
        `${name} brought back ${unseen} on facts that tuning never showed${seen}; the intervals allow both readings.`,
      ];
    case 'untrustworthy':
      return [
        `${name} brought back ${unseen} on facts that tuning never showed, but as much came "back" in a model that never knew them.`,
      ];
    case 'nothing-lost':
      return [];
  }
}

/** "34% (24% to 45%)" */
function regained(recovery: ArmRecovery): string {
  switch (recovery.kind) {
    case 'nothing-lost':
      return 'nothing, as nothing was lost,';
    case 'unbounded':
      return `${percent(recovery.share)} (too little was lost to bound it)`;
    case 'recovered': {
      const { low, high } = recovery.interval;
      return `${percent(recovery.share)} (${percent(low)} to ${percent(high)})`;
    }
  }
}

function controlSentence(
  control: ControlResult | null,
  { kind, repairs }: JudgedRepairs,
): string[] {
  if (control === null) {
    return kind === 'displaced'
      ? ['There is no control for this model: nothing shows that the test could have failed.']
      : [];
  }
  const shares = control.repairs.map(
    ({ arm, unseen }) => `${CONTROL_NAMES[arm]} ${regained(unseen)}`,
  );
  return [
    `In the control, a model that was never told the ${control.questions} facts it was asked, ${list(shares)}: ${turned(repairs)}.`,
  ];
}

/** As the intervals of all repairs have it. */
function turned(repairs: readonly RepairDisplacement[]): string {
  const says = repairs.map(({ controlSays }) => controlSays);
  if (says.includes('does-not-flip')) return 'the verdict is not turned round';
  return says.every((one) => one === 'flips')
    ? 'the verdict is turned round, as it must be'
    : 'it stays open whether the verdict is turned round';
}

const CONTROL_NAMES = { prompt: 'a prompt brought back', lora: 'LoRA' } as const;

/** "Task by task, …: displaced in “Capitals” and “Towns”; undecided in “Words”." */
function byTask(tasks: Displacement['tasks'], titles: TaskTitles): string[] {
  const groups = Map.groupBy(Object.entries(tasks), ([, { kind }]) => kind);
  if (Object.keys(tasks).length < 2) return [];
  const parts = [...groups].map(
    ([kind, entries]) =>
      `${KIND_WORDS[kind]} ${list(entries.map(([task]) => `“${taskTitle(titles, task)}”`))}`,
  );
  return [`Task by task, with intervals that hold for all of them at once: ${parts.join('; ')}.`];
}

const KIND_WORDS: Readonly<Record<DisplacementKind, string>> = {
  displaced: 'displaced in',
  forgotten: 'forgotten in',
  'nothing-regained': 'nothing regained in',
  undecided: 'undecided in',
  untrustworthy: 'not to be trusted in',
  'nothing-lost': 'nothing lost in',
};
