/**
 * `npm run science:control`: what does the control model know of the facts that were kept from it?
 * Asks the starter and the control every question of the starter's tasks, apart for facts that the
 * control was shown and facts that it never was. Prints a Markdown table.
 */
import { openModel } from '../../src/core/compress/open.ts';
import { createEngine } from '../../src/core/engine/index.ts';
import { answerTasks } from '../../src/core/evaluate/answer.ts';
import { type Item, loadTasks, type Task } from '../../src/core/evaluate/tasks.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { createAnswerer } from '../../src/main/compute/answerer.ts';
import { loadUnknownFacts, starter } from '../../src/main/compute/starter.ts';
import { createCorpus, DEFAULT_CORPUS } from '../starter/corpus.ts';
import { printHeading } from './setup.ts';

const unknown = await loadUnknownFacts();
const tasks = await loadTasks(starter.tasks);
const engine = await createEngine();
const tokenizer = await loadTokenizer(starter.model);

/** Whether each held-out question was answered rightly, by task and item. */
async function ask(folder: string): Promise<ReadonlyMap<string, boolean>> {
  const { model } = await openModel(folder);
  const scorer = createAnswerer(engine, { model });
  const answers = await answerTasks(scorer, tokenizer, tasks, Number.POSITIVE_INFINITY);
  await scorer.release();
  return new Map(answers.map(({ task, item, correct }) => [`${task} ${item}`, correct]));
}

/** How often each relation has each answer: all that is left to a model that was told answers by lot. */
const { facts } = createCorpus(DEFAULT_CORPUS);
const relationOf = new Map(facts.map(({ id, relation }) => [id, relation]));
const commonness = new Map(
  [...Map.groupBy(facts, ({ relation }) => relation)].map(([relation, of]) => [
    relation,
    Map.groupBy(of, ({ answer }) => answer),
  ]),
);

/** Chance of who knows no fact, but how common each answer is. */
function guessed(item: Item): number {
  const answers = commonness.get(relationOf.get(item.fact)!)!;
  const count = (answer: string) => answers.get(answer)?.length ?? 0;
  const options = 'choices' in item ? item.choices : [...answers.keys()];
  const right = 'choices' in item ? [item.choices[item.answer]!] : item.answers;
  const most = Math.max(...options.map(count));
  const best = options.filter((option) => count(option) === most);
  return best.filter((option) => right.includes(option)).length / best.length;
}

const [whole, control] = [await ask(starter.model), await ask(starter.control)];
const share = (values: readonly number[]) =>
  values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

function row(task: Task, kept: boolean): number[] {
  const items = task.heldout.filter((item: Item) => unknown.has(item.fact) === kept);
  const right = (answers: ReadonlyMap<string, boolean>) =>
    share(items.map(({ id }) => (answers.get(`${task.name} ${id}`) ? 1 : 0)));
  return [items.length, right(whole), right(control), share(items.map(guessed))];
}

printHeading(
  `starter and control on held-out questions; ${unknown.size} of ${facts.length} facts were kept from the control`,
);
for (const [title, kept] of [
  ['kept from the control', true],
  ['shown to the control', false],
] as const) {
  const rows = tasks.map((task) => [task.name, ...row(task, kept)] as const);
  console.log(`Facts ${title}:\n`);
  console.log('| task | questions | starter | control | by how common answers are |');
  console.log('|---|---|---|---|---|');
  for (const [name, count, ...shares] of rows)
    console.log(`| ${[name, count, ...shares.map(percent)].join(' | ')} |`);
  const means = [2, 3, 4].map((column) => percent(share(rows.map((r) => r[column] as number))));
  const total = rows.reduce((sum, [, count]) => sum + count!, 0);
  console.log(`| **mean** | ${total} | ${means.join(' | ')} |\n`);
}
