import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTask, loadTasks, tuningExamples } from '../../../src/core/evaluate/tasks.ts';

const choice = {
  name: 'capitals',
  title: 'Capitals',
  description: 'Which city is the capital?',
  kind: 'choice',
  train: [
    {
      id: 't1',
      fact: 'France',
      context: 'Capital of France:',
      choices: ['Rome', 'Paris'],
      answer: 1,
    },
  ],
  heldout: [
    {
      id: 'h1',
      fact: 'Italy',
      context: 'Capital of Italy:',
      choices: ['Rome', 'Paris'],
      answer: 0,
    },
  ],
};
const cloze = {
  name: 'plurals',
  title: 'Plurals',
  description: '',
  kind: 'cloze',
  train: [{ id: 't1', fact: 'mouse', context: 'One mouse, two', answers: ['mice', 'mouses'] }],
  heldout: [{ id: 'h1', fact: 'ox', context: 'One ox, two', answers: ['oxen'] }],
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-tasks-'));
  await writeFile(join(dir, 'plurals.json'), JSON.stringify(cloze));
  await writeFile(join(dir, 'capitals.json'), JSON.stringify(choice));
});
afterAll(() => rm(dir, { recursive: true }));

describe('loadTasks', () => {
  it('reads a folder by name, or the names asked for in their order', async () => {
    expect(await loadTasks(dir)).toEqual([choice, cloze]);
    expect(await loadTasks(dir, ['plurals'])).toEqual([cloze]);
    await expect(loadTasks(dir, ['plurals', 'rivers'])).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      next: expect.stringMatching(/^Choose among: capitals, plurals; or a benchmark/),
    });
  });

  it('makes tuning examples of the training half', async () => {
    const [capitals, plurals] = await loadTasks(dir);
    expect(tuningExamples(capitals!)).toEqual([
      {
        id: 't1',
        group: 'capitals',
        fact: 'France',
        context: 'Capital of France:',
        target: ' Paris',
      },
    ]);
    expect(tuningExamples(plurals!)[0]!.target).toBe(' mice');
  });
});

describe('loadTask refuses', () => {
  const held = choice.heldout[0]!;
  it.each([
    ['an answer past the choices', { heldout: [{ ...held, answer: 2 }] }, 'heldout[0].answer'],
    ['equal choices', { heldout: [{ ...held, choices: ['a', 'a'] }] }, 'heldout[0].choices'],
    ['a fact in both halves', { heldout: [{ ...held, fact: 'France' }] }, 'heldout[0].fact'],
    ['an id used twice', { heldout: [{ ...held, id: 't1' }] }, 'heldout[0].id'],
    ['nothing held out', { heldout: [] }, 'heldout'],
    ['an unknown kind', { kind: 'essay' }, 'kind'],
    ["a name that isn't the file's", { name: 'other' }, 'name'],
  ])('%s', async (_, change, field) => {
    const file = join(dir, 'capitals-bad.json');
    await writeFile(file, JSON.stringify({ ...choice, name: 'capitals-bad', ...change }));
    await expect(loadTask(file)).rejects.toMatchObject({ code: 'DATA_INVALID', field, file });
    await rm(file);
  });

  it('what is not JSON', async () => {
    const file = join(dir, 'broken.json');
    await writeFile(file, '{');
    await expect(loadTask(file)).rejects.toThrow('broken.json: file is not JSON');
    await rm(file);
  });
});
