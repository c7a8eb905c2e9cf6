import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createRepair, runRepair } from '../../../src/main/compute/repair.ts';
import { openStore } from '../../../src/main/db/open.ts';
import { readResults } from '../../../src/main/db/results.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import { smallRecipe } from '../../support/small-model.ts';

const home = await mkdtemp(join(tmpdir(), 'kintsugi-analysis-'));
const store = await openStore(join(home, 'kintsugi.db'));
afterAll(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

/** The starter, since only it has a control; as little of everything as there can be. */
const small = smallRecipe('starter', 2);
const recipe: Recipe = {
  ...small,
  compression: { ...small.compression, bits: 2 } as Recipe['compression'],
  // Other selectors have tests of their own.
  selectors: [],
  evaluation: { ...small.evaluation, itemsPerTask: 6 },
  analysis: { displaced: true, similarity: { inputs: 4 }, restore: { itemsPerTask: 4 } },
};

it('a run with everything analysed asks tuned facts, the control, every block and every layer', async () => {
  const run = await createRepair(store, { recipe, home, out: undefined });
  const seen: string[] = [];
  await runRepair(store, run, {
    force: true,
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.kind === 'stage-done') seen.push(event.stage);
    },
  });
  expect(seen).toEqual(
    expect.arrayContaining([
      'analyse:seen@0',
      'analyse:compress-control',
      'analyse:control-prompt@0',
      'analyse:control-lora@0',
      'analyse:control@0',
      'analyse:similarity',
      'analyse:restore',
    ]),
  );
  const { analysis } = (await readResults(store.db, run.id))!.results;
  const { displaced, similarity, restored, choices, prompts } = analysis!;
  const repairs = ['prompt', 'idp', 'lora'];
  expect(displaced!.overall.repairs.map(({ arm }) => arm)).toEqual(repairs);
  expect(Object.keys(displaced!.tasks).toSorted()).toEqual(['animals', 'capitals']);
  for (const { seen: tuned, control } of displaced!.overall.repairs) {
    expect(tuned).not.toBeNull();
    expect(control).not.toBeNull();
  }
  const { accuracy, questions } = displaced!.control!;
  expect(questions).toBe(12);
  // What the control was never told it cannot know; the starter does.
  expect(accuracy.compressed.mean).toBeLessThan(accuracy.original.mean);
  expect(displaced!.words).toContain('In the control');
  expect(similarity!.map(({ arm }) => arm)).toEqual(['compressed', ...repairs]);
  for (const { attention, activation } of similarity!)
    for (const cosine of [...attention, ...activation]) {
      expect(cosine).toBeGreaterThan(0);
      expect(cosine).toBeLessThan(1);
    }
  expect(similarity![0]!.attention).toHaveLength(4);
  expect(restored!.map(({ layer, mean }) => [layer, mean.count])).toEqual(
    [0, 1, 2, 3].map((layer) => [layer, 8]),
  );
  expect(choices.tasks.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0)).toBe(12);
  expect(prompts.map(({ tokens }) => tokens)).toEqual([4, 4]);
}, 120_000);
