import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { KintsugiError } from '../../shared/errors.ts';
import { invalidData } from '../data/faults.ts';
import { readText } from '../data/text-file.ts';
import type { Example } from '../tune/types.ts';

const filled = z.string().min(1);
const itemFields = { id: filled, fact: filled, context: filled };

const Choice = z
  .object({ ...itemFields, choices: z.array(filled).min(2).max(64), answer: z.int().min(0) })
  .refine(({ choices, answer }) => answer < choices.length, {
    path: ['answer'],
    error: 'is past the last choice',
  })
  .refine(({ choices }) => new Set(choices).size === choices.length, {
    path: ['choices'],
    error: 'repeats a choice',
  });
const Cloze = z.object({ ...itemFields, answers: z.array(filled).min(1) });

interface BaseItem {
  /** Unique within its task. */
  readonly id: string;
  /** What the item asks about; no fact is in both halves, however it is phrased. */
  readonly fact: string;
  readonly context: string;
}

/** Choices are scored after the context and a space; the highest likelihood answers. */
export interface ChoiceItem extends BaseItem {
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
  /** What is read and what is scored for each choice, where it is not the context and the choice. */
  readonly pairs?: readonly { readonly context: string; readonly target: string }[];
}

/** Greedy decoding must give a space and one of the answers. */
export interface ClozeItem extends BaseItem {
  readonly answers: readonly string[];
}

/** Greedy decoding goes on to a stop; the text before it must be one of the answers. */
export interface GenerationItem extends ClozeItem {
  /** Generation ends before the first of these texts. */
  readonly stop: readonly string[];
  readonly maxTokens: number;
}

export type Item = ChoiceItem | ClozeItem | GenerationItem;

/**
 * How a task is measured: `acc` is the share answered rightly, `acc_norm` of choices by likelihood
 * per character, `exact_match` the share of right texts, `perplexity` that of the first answer.
 */
export type TaskMetric = 'acc' | 'acc_norm' | 'exact_match' | 'perplexity';

const taskFields = {
  /** Also the file's name, so that tasks can be asked for by name. */
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'is not lower-case letters, digits, - or _'),
  title: filled,
  description: z.string(),
};

const TaskFile = z.discriminatedUnion('kind', [
  z.object({
    ...taskFields,
    kind: z.literal('choice'),
    train: z.array(Choice),
    heldout: z.array(Choice).min(1),
  }),
  z.object({
    ...taskFields,
    kind: z.literal('cloze'),
    train: z.array(Cloze),
    heldout: z.array(Cloze).min(1),
  }),
]);

interface Halves<Of> {
  /** To tune on. */
  readonly train: readonly Of[];
  /** To measure with, on other facts. */
  readonly heldout: readonly Of[];
}

/** Items to tune on and items to measure with. The starter's, a person's own and benchmarks alike. */
export type Task = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `acc` where nothing else is said. */
  readonly metrics?: readonly TaskMetric[];
} & (
  | ({ readonly kind: 'choice' } & Halves<ChoiceItem>)
  | ({ readonly kind: 'cloze' } & Halves<ClozeItem>)
  | ({ readonly kind: 'generation' } & Halves<GenerationItem>)
);

const NEXT = 'Correct the task file, or restore it from the repository.';

const fault = (file: string, field: string, message: string) =>
  new KintsugiError('DATA_INVALID', `${basename(file)}: ${field} ${message}`, {
    file,
    field,
    next: NEXT,
  });

/** Reads one task file. @throws KintsugiError DATA_INVALID naming file and field */
export async function loadTask(file: string): Promise<Task> {
  const parsed = TaskFile.safeParse(parseJson(file, await readText(file)));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw fault(file, fieldName(path), message);
  }
  checkItems(file, parsed.data);
  return parsed.data;
}

/**
 * Tasks of a folder of `<name>.json`, all of them in the order of their names, or the named ones
 * in the order given. @throws KintsugiError DATA_INVALID, ARGUMENT_INVALID for an unknown name
 */
export async function loadTasks(dir: string, names?: readonly string[]): Promise<Task[]> {
  const found = await readdir(dir).catch((cause: Error) => {
    throw invalidData(dir, `cannot be read (${cause.message})`, undefined, 'Check the path.');
  });
  const known = found
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))
    .toSorted();
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new KintsugiError('ARGUMENT_INVALID', `There is no task "${unknown}"`, {
      field: 'tasks',
      next: `Choose among: ${known.join(', ')}; or a benchmark such as arc_easy, or a file by its path.`,
    });
  return Promise.all((names ?? known).map((name) => loadTask(join(dir, `${name}.json`))));
}

/** The task's training half as examples to tune on: the right answer after its context. */
export function tuningExamples(task: Task): Example[] {
  return task.train.map((item: Item) => {
    const right = endings(item)['choices' in item ? item.answer : 0]!;
    return { id: item.id, group: task.name, fact: item.fact, ...right };
  });
}

/** What is read and what is then scored, for each choice or accepted answer of an item. */
export function endings(
  item: Item,
): readonly { readonly context: string; readonly target: string }[] {
  if ('choices' in item && item.pairs) return item.pairs;
  const texts = 'choices' in item ? item.choices : item.answers;
  return texts.map((text) => ({ context: item.context, target: ` ${text}` }));
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fault(file, 'file', `is not JSON (${(cause as SyntaxError).message})`);
  }
}

/** `heldout[3].answer` */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return name.join('').replace(/^\./, '') || 'file';
}

/** Names agree, ids are unique, and held-out facts were never trained on. */
function checkItems(file: string, task: Task): void {
  if (task.name !== basename(file, '.json'))
    throw fault(file, 'name', `is "${task.name}", unlike the file's name`);
  const ids = new Set<string>();
  for (const half of ['train', 'heldout'] as const) {
    for (const [index, { id }] of task[half].entries()) {
      if (ids.has(id)) throw fault(file, `${half}[${index}].id`, `"${id}" is used twice`);
      ids.add(id);
    }
  }
  const trained = new Set(task.train.map((item: Item) => item.fact));
  const leak = task.heldout.findIndex((item) => trained.has(item.fact));
  if (leak >= 0)
    throw fault(file, `heldout[${leak}].fact`, `"${task.heldout[leak]!.fact}" is also trained on`);
}
