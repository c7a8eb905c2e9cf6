import { describe, expect, it } from 'vitest';
import type { AnswerRow } from '../../../src/main/db/answer-table.ts';
import {
  type InputQuery,
  joinAnswers,
  passes,
  selectInputs,
} from '../../../src/main/router/compare-inputs.ts';
import type { InputArm } from '../../../src/shared/contract/compare.ts';
import type { ArmId } from '../../../src/shared/results.ts';

const IDS = ['original', 'compressed', 'prompt', 'idp'] as const;
const columns = (runId: string) => IDS.map((id) => ({ runId, id }));

describe('filters', () => {
  const of = (...correct: (boolean | null)[]) => passes(columns('a'), correct);

  it('tell what compression broke, what came back and what did not', () => {
    expect(of(true, false, true, false)).toEqual({
      all: true,
      differ: true,
      broken: true,
      repaired: true,
      'still-broken': false,
    });
    expect(of(true, false, false, false)).toMatchObject({
      broken: true,
      repaired: false,
      'still-broken': true,
    });
  });

  it('do not call broken what the original never knew, nor what compression kept', () => {
    for (const correct of [
      [false, false, true, true],
      [true, true, false, false],
      [false, true, true, true],
    ]) {
      expect(of(...correct)).toMatchObject({
        broken: false,
        repaired: false,
        'still-broken': false,
      });
    }
  });

  it('say that arms differ only when two answers do', () => {
    expect(of(true, true, true, true).differ).toBe(false);
    expect(of(false, false, false, null).differ).toBe(false);
    expect(of(false, null, null, true).differ).toBe(true);
  });

  it('leave open whether it is repaired where no repair has answered', () => {
    expect(of(true, false, null, null)).toMatchObject({
      broken: true,
      repaired: false,
      'still-broken': false,
    });
  });

  it('judge a run by its own arms', () => {
    const both = [...columns('a'), ...columns('b')];
    // Run a never had it; run b's compressed model is wrong, but so was its original.
    expect(passes(both, [true, true, true, true, false, false, false, true])).toMatchObject({
      differ: true,
      broken: false,
    });
    // Broken and repaired in a; broken and not repaired in b: both lists show it.
    expect(passes(both, [true, false, true, true, true, false, false, false])).toMatchObject({
      repaired: true,
      'still-broken': true,
    });
  });
});

function arm(runId: string, id: ArmId, seed = 0): InputArm {
  return { runId, seed, arm: { id, label: id, weightsHash: id }, prompts: [] };
}

function answer(
  id: ArmId,
  item: number,
  correct: boolean,
  prompt: string | null = null,
): AnswerRow {
  return {
    arm: id,
    seed: 0,
    task: item % 2 === 0 ? 'capitals' : 'elements',
    itemId: `item-${item}`,
    correct,
    scores: '[-1.5]',
    prompt,
    attention: prompt === null ? null : '[0.25,0.75]',
  };
}

const text = (_: string, itemId: string) =>
  itemId === 'item-9'
    ? undefined
    : { kind: 'cloze' as const, context: `Where is ${itemId}?`, choices: [], answer: 'Here' };

const table = joinAnswers(
  [
    {
      arms: [arm('a', 'original'), arm('a', 'compressed'), arm('a', 'idp')],
      answers: [0, 1, 2, 3, 9].flatMap((item) => [
        answer('original', item, true),
        answer('compressed', item, item > 1),
        ...(item === 9 ? [] : [answer('idp', item, item !== 1, item < 2 ? 'left' : 'right')]),
      ]),
    },
    { arms: [arm('b', 'original')], answers: [answer('original', 0, false)] },
  ],
  text,
);

const everything: InputQuery = { filter: 'all', search: '', offset: 0, limit: 100 };
const ids = (query: Partial<InputQuery>) =>
  selectInputs(table, { ...everything, ...query }).rows.map(({ itemId }) => itemId);

describe('the inputs view', () => {
  it('joins runs by input, with null where an arm has no answer', () => {
    const page = selectInputs(table, everything);
    expect(page.total).toBe(5);
    expect(page.tasks).toEqual(['capitals', 'elements']);
    expect(page.prompts).toEqual(['left', 'right']);
    const [first] = page.rows;
    expect(first).toMatchObject({
      task: 'capitals',
      itemId: 'item-0',
      context: 'Where is item-0?',
    });
    expect(first!.cells.map((cell) => cell?.correct ?? null)).toEqual([true, false, true, false]);
    expect(first!.cells[2]).toEqual({
      correct: true,
      scores: [-1.5],
      prompt: 'left',
      attention: [0.25, 0.75],
    });
    expect(page.rows[1]!.cells[3]).toBeNull();
  });

  it('shows an answer whose task is gone by its id', () => {
    expect(selectInputs(table, { ...everything, search: 'item-9' }).rows[0]!.context).toBe(
      'item-9',
    );
  });

  it('filters by what happened, task, prompt and words, and counts every filter', () => {
    expect(ids({ filter: 'broken' })).toEqual(['item-0', 'item-1']);
    expect(ids({ filter: 'repaired' })).toEqual(['item-0']);
    expect(ids({ filter: 'still-broken' })).toEqual(['item-1']);
    expect(ids({ task: 'elements' })).toEqual(['item-1', 'item-3', 'item-9']);
    expect(ids({ prompt: 'right' })).toEqual(['item-2', 'item-3']);
    expect(ids({ search: 'ITEM-2  where' })).toEqual(['item-2']);
    const { counts, total } = selectInputs(table, {
      ...everything,
      filter: 'broken',
      task: 'capitals',
    });
    expect(counts).toEqual({ all: 2, differ: 1, broken: 1, repaired: 1, 'still-broken': 0 });
    expect(total).toBe(1);
  });

  it('hands out parts, and nothing past the end', () => {
    expect(ids({ offset: 1, limit: 2 })).toEqual(['item-2', 'item-1']);
    expect(ids({ offset: 99 })).toEqual([]);
  });
});
