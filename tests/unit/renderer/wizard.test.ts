import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isOwnTask, withTasks } from '../../../src/renderer/wizard/task-choice.ts';
import { FULL_ANALYSIS, PRESETS } from '../../../src/shared/presets.ts';
import { type Recipe, recipeSchema } from '../../../src/shared/recipe.ts';

const starter = ['a', 'b', 'c', 'd'];

describe('tasks', () => {
  it('that are all of the starter’s are "all"', () => {
    expect(withTasks(PRESETS.quick, ['d', 'c', 'b', 'a'], starter).evaluation.tasks).toBe('all');
  });

  it('of one’s own stand beside them by path', () => {
    const { evaluation } = withTasks(PRESETS.quick, [...starter, '/data/q.csv'], starter);
    expect(evaluation.tasks).toHaveLength(5);
    expect(evaluation.tasks === 'all' ? [] : evaluation.tasks.filter(isOwnTask)).toEqual([
      '/data/q.csv',
    ]);
  });

  it('that are fewer than the prompts by family take prompts away', () => {
    const { quick } = PRESETS;
    const bank = { ...quick.tuning.bank, by: 'family' } as const;
    const recipe = { ...quick, tuning: { ...quick.tuning, bank } };
    expect(withTasks(recipe, ['a'], starter).tuning.bank.count).toBe(1);
    expect(withTasks(quick, ['a'], starter).tuning.bank.count).toBe(bank.count);
  });
});

describe('the draft', () => {
  const kept = new Map<string, string>();
  let draft: typeof import('../../../src/renderer/wizard/draft.ts');
  beforeAll(async () => {
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    });
    kept.set('kintsugi-draft', '{"recipe":{"version":99}}');
    draft = await import('../../../src/renderer/wizard/draft.ts');
  });

  it('knows its preset, whatever the model, the data and the analysis', () => {
    const recipe: Recipe = {
      ...PRESETS.balanced,
      model: '/models/mine',
      evaluation: { ...PRESETS.balanced.evaluation, tasks: ['a'] },
      analysis: FULL_ANALYSIS,
    };
    expect(draft.presetOf({ recipe, limits: null })).toBe('balanced');
    expect(draft.presetOf({ recipe: { ...recipe, seed: 7 }, limits: null })).toBeNull();
  });

  it('takes from a preset what the chosen model can take, and still knows it', () => {
    const narrow = {
      model: '/m',
      linearColumns: [96, 160],
      layers: 2,
      maxPositions: 128,
      parameters: 3e5,
    };
    const chosen = draft.withModel(draft.FIRST, narrow);
    expect(chosen).toMatchObject({
      preset: 'quick',
      recipe: { model: '/m', compression: { groupSize: 32, calibration: { length: 128 } } },
    });
    const careful = draft.applyPreset(chosen, 'careful');
    expect(careful.recipe.compression).toMatchObject({ groupSize: 32 });
    expect(draft.withRecipe(careful, careful.recipe).preset).toBe('careful');
    const wide = {
      model: 'starter',
      linearColumns: [192, 512],
      layers: 4,
      maxPositions: 512,
      parameters: 2_557_632,
    };
    expect(draft.withModel(careful, wide).recipe).toEqual({ ...PRESETS.careful });
  });

  it('keeps model and data when a preset is chosen, and stays a valid recipe', () => {
    const own = { ...draft.FIRST, recipe: { ...PRESETS.quick, model: '/models/mine' } };
    const { recipe, preset } = draft.applyPreset(own, 'careful');
    expect(preset).toBe('careful');
    expect(recipe).toMatchObject({ model: '/models/mine', repeats: PRESETS.careful.repeats });
    expect(recipeSchema.safeParse(recipe).success).toBe(true);
  });

  it('is kept for a reload', () => {
    draft.setDraft({ ...draft.FIRST, name: 'Mine' });
    expect(JSON.parse(kept.get('kintsugi-draft')!)).toMatchObject({ name: 'Mine' });
  });
});
