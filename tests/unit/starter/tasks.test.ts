import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCorpus, DEFAULT_CORPUS } from '../../../scripts/starter/corpus.ts';
import { STARTER_FOLDER } from '../../../scripts/starter/facts.ts';
import { createTasks } from '../../../scripts/starter/tasks.ts';

const corpus = createCorpus(DEFAULT_CORPUS);
const tasks = createTasks(corpus, DEFAULT_CORPUS.seed);
const facts = new Map(corpus.facts.map((fact) => [fact.id, fact]));

test('nine tasks, and the files in the repository are the ones made here', () => {
  const folder = join(STARTER_FOLDER, 'tasks');
  const files = readdirSync(folder).map((file) =>
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  );
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect(tasks).toHaveLength(9);
  expect(files.sort(byName)).toEqual([...tasks].sort(byName));
});

test('no thing is in the training items of one task and the held-out items of any', () => {
  const records = (part: 'train' | 'heldout') =>
    new Set(tasks.flatMap((task) => task[part].map((item) => facts.get(item.fact)!.record)));
  const train = records('train');
  expect([...records('heldout')].filter((record) => train.has(record))).toEqual([]);
});

describe.each(tasks)('$name', (task) => {
  const items = [...task.train, ...task.heldout];

  test('80 or more items on each side, no fact on both, no wording twice', () => {
    expect(task.train.length).toBeGreaterThanOrEqual(80);
    expect(task.heldout.length).toBeGreaterThanOrEqual(80);
    const factsOf = (part: readonly { fact: string }[]) => new Set(part.map(({ fact }) => fact));
    expect(factsOf(task.heldout).size).toBe(task.heldout.length);
    const shared = [...factsOf(task.train)].filter((fact) => factsOf(task.heldout).has(fact));
    expect(shared).toEqual([]);
    expect(new Set(items.map(({ context }) => context)).size).toBe(items.length);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  });

  test('items ask for the answer of their fact', () => {
    for (const item of items) {
      const { answer, subject } = facts.get(item.fact)!;
      expect(item.context.toLowerCase()).toContain(subject.toLowerCase());
      expect(item.context).toMatch(/[^\s]$/);
      if ('answers' in item) expect(item.answers).toEqual([answer]);
      else {
        expect(item.choices[item.answer]).toBe(answer);
        expect(new Set(item.choices).size).toBe(4);
      }
    }
  });

  test('the position of the right choice gives nothing away', () => {
    const positions = items.flatMap((item) => ('choices' in item ? [item.answer] : []));
    for (const group of Map.groupBy(positions, (position) => position).values())
      expect(group.length / positions.length).toBeLessThan(0.35);
  });
});
