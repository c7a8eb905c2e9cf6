import { useCallback, useSyncExternalStore } from 'react';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../shared/presets.ts';
import { type Recipe, recipeSchema } from '../../shared/recipe.ts';

/** What the wizard has gathered; a reload of the page keeps it. */
export interface Draft {
  readonly recipe: Recipe;
  /** The preset that the recipe still equals but for its model and data; null once changed. */
  readonly preset: PresetName | null;
  readonly name: string;
}

const KEY = 'kintsugi-draft';
export const FIRST: Draft = { recipe: PRESETS.quick, preset: 'quick', name: '' };

let current = stored();
const listeners = new Set<() => void>();

export function setDraft(draft: Draft): void {
  current = draft;
  sessionStorage.setItem(KEY, JSON.stringify(draft));
  for (const listener of listeners) listener();
}

export function useDraft() {
  const draft = useSyncExternalStore(listen, () => current);
  const setRecipe = useCallback((recipe: Recipe) => setDraft(withRecipe(current, recipe)), []);
  return { draft, recipe: draft.recipe, setRecipe };
}

/** The preset with the draft's model and data. */
export function applyPreset(draft: Draft, preset: PresetName): Draft {
  return { ...draft, preset, recipe: withData(PRESETS[preset], draft.recipe) };
}

export const withRecipe = (draft: Draft, recipe: Recipe): Draft => ({
  ...draft,
  recipe,
  preset: presetOf(recipe),
});

/** The preset that the recipe equals but for its model and data. */
export function presetOf(recipe: Recipe): PresetName | null {
  const text = JSON.stringify(recipe);
  return (
    PRESET_NAMES.find((name) => JSON.stringify(withData(PRESETS[name], recipe)) === text) ?? null
  );
}

function withData(recipe: Recipe, { model, compression, evaluation }: Recipe): Recipe {
  return {
    ...recipe,
    model,
    compression: {
      ...recipe.compression,
      calibration: { ...recipe.compression.calibration, source: compression.calibration.source },
    },
    evaluation: { ...recipe.evaluation, tasks: evaluation.tasks },
  };
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function stored(): Draft {
  try {
    const { recipe, name } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    const parsed = recipeSchema.safeParse(recipe);
    if (!parsed.success) return FIRST;
    return { recipe: parsed.data, preset: presetOf(parsed.data), name: String(name ?? '') };
  } catch {
    return FIRST;
  }
}
