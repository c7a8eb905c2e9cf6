import type {
  InputArm,
  InputCell,
  InputFilter,
  InputPage,
  InputRow,
} from '../../shared/contract/compare.ts';
import type { ArmId, BankArmId } from '../../shared/results.ts';
import type { AnswerRow } from '../db/answer-table.ts';

/** Text of an input; tasks can change after a run, so not every answer has one. */
export interface ItemText {
  readonly kind: InputRow['kind'];
  readonly context: string;
  readonly choices: readonly string[];
  readonly answer: string;
}

/** One input with what every arm made of it, cells in the order of the table's arms. */
interface TableRow {
  readonly task: string;
  readonly itemId: string;
  readonly text: ItemText;
  /** Lower case, to search in. */
  readonly searched: string;
  readonly answers: readonly (AnswerRow | null)[];
  readonly passes: Readonly<Record<InputFilter, boolean>>;
}

export interface InputTable {
  readonly arms: readonly InputArm[];
  readonly tasks: readonly string[];
  readonly prompts: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface RunAnswers {
  readonly arms: readonly InputArm[];
  readonly answers: readonly AnswerRow[];
}

export interface InputQuery {
  readonly filter: InputFilter;
  readonly search: string;
  readonly task?: string | undefined;
  readonly prompt?: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

const key = (task: string, itemId: string): string => `${task}\0${itemId}`;

/** Joins the answers of several runs by input. */
export function joinAnswers(
  runs: readonly RunAnswers[],
  textOf: (task: string, itemId: string) => ItemText | undefined,
): InputTable {
  const arms = runs.flatMap((run) => run.arms);
  const columns = new Map(arms.map(({ runId, arm, seed }, i) => [`${runId} ${arm.id} ${seed}`, i]));
  const inputs = new Map<string, (AnswerRow | null)[]>();
  for (const { arms: own, answers } of runs) {
    const runId = own[0]?.runId;
    for (const answer of answers) {
      const column = columns.get(`${runId} ${answer.arm} ${answer.seed}`);
      if (column === undefined) continue;
      const at = key(answer.task, answer.itemId);
      const cells = inputs.get(at) ?? new Array<AnswerRow | null>(arms.length).fill(null);
      cells[column] = answer;
      inputs.set(at, cells);
    }
  }
  const rows = [...inputs.values()]
    .map((answers) => toRow(arms, answers, textOf))
    .sort((a, b) => compareText(a.task, b.task) || compareText(a.itemId, b.itemId));
  return {
    arms,
    tasks: unique(rows.map(({ task }) => task)),
    prompts: unique(
      rows.flatMap(({ answers }) => answers.flatMap((answer) => answer?.prompt ?? [])),
    ),
    rows,
  };
}

function toRow(
  arms: readonly InputArm[],
  answers: readonly (AnswerRow | null)[],
  textOf: (task: string, itemId: string) => ItemText | undefined,
): TableRow {
  const { task, itemId } = answers.find((answer) => answer !== null)!;
  const text = textOf(task, itemId) ?? { kind: 'cloze', context: itemId, choices: [], answer: '' };
  return {
    task,
    itemId,
    text,
    searched: [text.context, text.answer, ...text.choices, itemId].join('\n').toLowerCase(),
    answers,
    passes: passes(
      arms.map(({ runId, arm }) => ({ runId, id: arm.id })),
      answers.map((answer) => answer?.correct ?? null),
    ),
  };
}

/**
 * Which filters an input passes. Broken: the original answers rightly, the compressed model wrongly,
 * in the same run; repaired: then any repair of that run, with any seed, answers rightly again; still
 * broken: none does.
 * @param correct by column, null where that arm has no answer
 */
export function passes(
  columns: readonly { readonly runId: string; readonly id: ArmId | BankArmId }[],
  correct: readonly (boolean | null)[],
): Record<InputFilter, boolean> {
  const given = correct.filter((value) => value !== null);
  const result = {
    all: true,
    differ: given.some((value) => value !== given[0]),
    broken: false,
    repaired: false,
    'still-broken': false,
  };
  for (const runId of new Set(columns.map((column) => column.runId))) {
    const of = (wanted: (id: ArmId | BankArmId) => boolean) =>
      correct.filter(
        (value, i) => value !== null && columns[i]!.runId === runId && wanted(columns[i]!.id),
      );
    const broken =
      of((id) => id === 'original').includes(true) &&
      of((id) => id === 'compressed').includes(false);
    if (!broken) continue;
    const repairs = of((id) => id !== 'original' && id !== 'compressed');
    result.broken = true;
    if (repairs.includes(true)) result.repaired = true;
    else if (repairs.length > 0) result['still-broken'] = true;
  }
  return result;
}

/** The asked part of the inputs that pass, with how many would pass each filter. */
export function selectInputs(table: InputTable, query: InputQuery): InputPage {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = { all: 0, differ: 0, broken: 0, repaired: 0, 'still-broken': 0 };
  const found: TableRow[] = [];
  for (const row of table.rows) {
    if (query.task !== undefined && row.task !== query.task) continue;
    if (query.prompt !== undefined && !row.answers.some((a) => a?.prompt === query.prompt))
      continue;
    if (!words.every((word) => row.searched.includes(word))) continue;
    for (const filter of Object.keys(counts) as InputFilter[]) {
      if (row.passes[filter]) counts[filter]++;
    }
    if (row.passes[query.filter]) found.push(row);
  }
  const { arms, tasks, prompts } = table;
  return {
    arms,
    tasks,
    prompts,
    total: found.length,
    counts,
    offset: query.offset,
    rows: found.slice(query.offset, query.offset + query.limit).map(shown),
  };
}

const shown = ({ task, itemId, text, answers }: TableRow): InputRow => ({
  task,
  itemId,
  ...text,
  cells: answers.map((answer) => answer && toCell(answer)),
});

export function toCell({ correct, scores, prompt, attention }: AnswerRow): InputCell {
  return {
    correct,
    scores: JSON.parse(scores) as number[],
    prompt,
    attention: attention === null ? null : (JSON.parse(attention) as number[]),
  };
}

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort(compareText);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
