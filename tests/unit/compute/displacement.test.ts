import { describe, expect, it } from 'vitest';
import { judgeTogether } from '../../../src/core/analyse/displaced.ts';
import type { Task } from '../../../src/core/evaluate/tasks.ts';
import { tuningExamples } from '../../../src/core/evaluate/tasks.ts';
import { createRandom } from '../../../src/core/random.ts';
import { judgeRun } from '../../../src/main/compute/displacement.ts';
import { seenTasks, tasksAbout } from '../../../src/main/compute/facts.ts';
import type { Scored } from '../../../src/main/compute/summarise.ts';
import { countChoices } from '../../../src/main/compute/summarise-analysis.ts';
import { splitExamples } from '../../../src/main/compute/tuning-subject.ts';

const bootstrap = { resamples: 500, seed: 0 };
const TASKS = ['capitals', 'towns'];
const TITLES = { capitals: 'Capitals' };
const PER_TASK = 200;

/** Answers of which this share is right, by lot. */
function scored(share: number, name: string): Scored {
  const random = createRandom(7, name);
  const tasks = TASKS.flatMap((task) => new Array<string>(PER_TASK).fill(task));
  return { tasks, correct: [tasks.map(() => (random.uniform() < share ? 1 : 0))] };
}

function arms<Id extends string>(shares: Readonly<Record<Id, number>>, name: string) {
  const entries = Object.entries(shares) as [Id, number][];
  return new Map(entries.map(([arm, share]) => [arm, scored(share, `${name} ${arm}`)] as const));
}

const damaged = { original: 0.95, compressed: 0.45 };
const never = (prompt: number, lora: number) => ({
  weightsHash: 'c',
  unseen: arms({ original: 0.95, compressed: 0.1, prompt, lora }, 'control'),
  seen: arms({ original: 0.95, compressed: 0.1, prompt, lora: 0.9 }, 'control seen'),
});

describe('forgotten or displaced, from answers', () => {
  it('is displaced where unseen facts come back and the control turns it round', () => {
    const verdict = judgeRun(
      {
        unseen: arms({ ...damaged, prompt: 0.75, lora: 0.8 }, 'unseen'),
        seen: arms({ ...damaged, prompt: 0.8, lora: 0.9 }, 'seen'),
        control: never(0.1, 0.1),
      },
      bootstrap,
      TITLES,
    );
    expect(verdict.overall.kind).toBe('displaced');
    expect(verdict.overall.repairs.map(({ controlSays }) => controlSays)).toEqual([
      'flips',
      'flips',
    ]);
    expect(Object.values(verdict.tasks).map(({ kind }) => kind)).toEqual([
      'displaced',
      'displaced',
    ]);
    expect(verdict.control!.repairs.map(({ kind }) => kind)).toEqual([
      'nothing-regained',
      'forgotten',
    ]);
    expect(verdict.taskLevel).toBeCloseTo(0.975, 10);
    expect(verdict.words).toMatch(/^Displaced, not forgotten\. LoRA brought back/);
    expect(verdict.words).toContain('the verdict is turned round');
    expect(verdict.words).toContain('displaced in “Capitals” and “Towns”');
  });

  it('is forgotten where only tuned facts come back', () => {
    const verdict = judgeRun(
      {
        unseen: arms({ ...damaged, lora: 0.4 }, 'unseen'),
        seen: arms({ ...damaged, lora: 0.9 }, 'seen'),
        control: null,
      },
      bootstrap,
      TITLES,
    );
    expect(verdict.overall.kind).toBe('forgotten');
    expect(verdict.words).toMatch(/^Forgotten\. LoRA brought back/);
  });

  it('is not to be trusted where the control regains what it never knew', () => {
    const verdict = judgeRun(
      {
        unseen: arms({ ...damaged, prompt: 0.7 }, 'unseen'),
        seen: null,
        control: never(0.7, 0.7),
      },
      bootstrap,
      TITLES,
    );
    expect(verdict.overall.kind).toBe('untrustworthy');
    expect(verdict.overall.repairs[0]!.seen).toBeNull();
    expect(verdict.words).toContain('is not turned round');
  });

  it('leaves open what a control leaves open', () => {
    const tasks = TASKS.flatMap((task) => new Array<string>(12).fill(task));
    const right = (is: (input: number) => boolean): Scored => ({
      tasks,
      correct: [tasks.map((_, input) => (is(input) ? 1 : 0))],
    });
    // Of 20 that are lost three come back, and one more goes.
    const unseen = new Map([
      ['original', right(() => true)],
      ['compressed', right((input) => input % 6 === 0)],
      ['prompt', right((input) => input < 4 || input === 12 || input === 18)],
      ['lora', right((input) => input < 4 || input === 12 || input === 18)],
    ] as const);
    const verdict = judgeRun(
      {
        unseen: arms({ ...damaged, prompt: 0.6 }, 'unseen'),
        seen: null,
        control: { ...never(0.1, 0.1), unseen },
      },
      bootstrap,
      TITLES,
    );
    expect(verdict.overall.repairs[0]!.controlSays).toBe('unclear');
    expect(verdict.words).toContain('it stays open whether the verdict is turned round');
  });

  it('says that there is no control, and that nothing was lost', () => {
    const without = judgeRun(
      { unseen: arms({ ...damaged, prompt: 0.8 }, 'unseen'), seen: null, control: null },
      bootstrap,
      TITLES,
    );
    expect(without.words).toContain('There is no control for this model');
    const whole = judgeRun(
      {
        unseen: arms({ original: 0.4, compressed: 0.5, prompt: 0.8 }, 'unseen'),
        seen: null,
        control: null,
      },
      bootstrap,
      TITLES,
    );
    expect(whole.overall.kind).toBe('nothing-lost');
  });

  it('takes all repairs to call a thing gone, and one to call it there', () => {
    expect(judgeTogether(['forgotten', 'displaced', 'undecided'])).toBe('displaced');
    expect(judgeTogether(['forgotten', 'undecided'])).toBe('undecided');
    expect(judgeTogether(['nothing-regained', 'forgotten'])).toBe('forgotten');
  });
});

const item = (id: string, fact: string) => ({ id, fact, context: `${fact}?`, answers: ['yes'] });
const task: Task = {
  name: 'facts',
  title: 'Facts',
  description: '',
  kind: 'cloze',
  train: Array.from({ length: 20 }, (_, i) => item(`t${i}`, `fact ${i >> 1}`)),
  heldout: [item('h0', 'other'), item('h1', 'another')],
};

describe('facts', () => {
  it('asks one question of each fact that every seed tuned on', () => {
    const examples = tuningExamples(task);
    const seeds = [0, 1, 2];
    const [seen] = seenTasks([task], examples, seeds);
    const asked = seen!.heldout.map(({ fact }) => fact);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeGreaterThanOrEqual(7);
    for (const seed of seeds) {
      const tuned = splitExamples(examples, seed).examples.map(({ fact }) => fact);
      expect(tuned).toEqual(expect.arrayContaining(asked));
    }
  });

  it('has no seen facts where nothing was tuned on questions', () => {
    const text = [{ id: 'text', group: 'text', fact: 'text', context: '', target: 'words' }];
    expect(seenTasks([task], text, [0])).toEqual([]);
  });

  it('keeps only questions about the named facts, and only tasks that have both halves', () => {
    const [kept] = tasksAbout([task], new Set(['fact 3', 'other']));
    expect(kept!.train.map(({ id }) => id)).toEqual(['t6', 't7']);
    expect(kept!.heldout.map(({ id }) => id)).toEqual(['h0']);
    expect(tasksAbout([task], new Set(['fact 3']))).toEqual([]);
  });
});

it('counts which prompt was chosen for which task, against the family that it was tuned on', () => {
  const answer = (of: string, prompt: string) => ({ task: of, prompt });
  const answers = [answer('a', 'a+b'), answer('a', 'c'), answer('b', 'a+b'), answer('c', 'a+b')];
  expect(countChoices(answers, ['a+b', 'c'], true)).toEqual({
    prompts: ['a+b', 'c'],
    tasks: [
      { task: 'a', counts: [1, 1], own: 0 },
      { task: 'b', counts: [1, 0], own: 0 },
      { task: 'c', counts: [1, 0], own: 1 },
    ],
    own: { share: 0.5, byLot: 0.5 },
  });
  expect(countChoices(answers, ['a+b', 'c'], false).own).toBeNull();
});
