import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { heldOutItems } from '../../../src/main/compute/item-texts.ts';
import { recipeTasks } from '../../../src/main/compute/named-tasks.ts';
import { taskOfFile } from '../../../src/main/compute/own-task.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import { temporaryFolder } from '../db/temporary.ts';

function questions(count: number, name = 'My questions.csv'): string {
  const file = join(temporaryFolder(), name);
  const rows = Array.from({ length: count }, (_, i) => `what is ${i}?,number ${i}`);
  writeFileSync(file, ['question,answer', ...rows].join('\n'));
  return file;
}

it('makes a task of a file of questions, a fifth of them held out', async () => {
  const task = await taskOfFile(questions(20));
  expect(task).toMatchObject({
    name: 'own-my-questions',
    title: 'My questions.csv',
    kind: 'cloze',
  });
  expect([task.train.length, task.heldout.length]).toEqual([16, 4]);
  const trained = new Set(task.train.map(({ fact }) => fact));
  expect(task.heldout.filter(({ fact }) => trained.has(fact))).toEqual([]);
  expect(task.heldout[0]).toMatchObject({
    context: expect.stringMatching(/^Question: what is \d+\?\nAnswer:$/),
    answers: [expect.stringMatching(/^number \d+$/)],
  });
});

it('never trains on a question that it measures with, however often it is asked', async () => {
  const file = join(temporaryFolder(), 'q.jsonl');
  const line = (i: number) => JSON.stringify({ question: `q${i % 5}`, answer: `a${i}` });
  writeFileSync(file, Array.from({ length: 30 }, (_, i) => line(i)).join('\n'));
  const task = await taskOfFile(file);
  expect(new Set(task.heldout.map(({ fact }) => fact)).size).toBe(1);
  expect(task.heldout).toHaveLength(6);
  expect(task.train).toHaveLength(24);
});

it('refuses a file with nothing to measure with', async () => {
  await expect(taskOfFile(questions(1))).rejects.toMatchObject({ code: 'DATA_INVALID' });
  const text = join(temporaryFolder(), 'plain.txt');
  writeFileSync(text, 'Only text.');
  await expect(taskOfFile(text)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    next: expect.stringContaining('questions'),
  });
});

it('puts own files beside starter tasks, and reads their inputs again for people', async () => {
  const file = questions(10);
  const evaluation = { ...PRESETS.quick.evaluation, tasks: ['capitals', file] };
  const tasks = await recipeTasks(evaluation);
  expect(tasks.map(({ name }) => name)).toEqual(['capitals', 'own-my-questions']);
  const items = await heldOutItems([{ ...PRESETS.quick, evaluation }, { not: 'a recipe' }]);
  expect(items.filter(({ task }) => task === 'own-my-questions')).toHaveLength(2);
  const gone = { ...evaluation, tasks: [`${file}.gone`] };
  expect((await heldOutItems([{ ...PRESETS.quick, evaluation: gone }])).length).toBeGreaterThan(0);
});
