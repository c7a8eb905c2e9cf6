import { useCallback, useSyncExternalStore } from 'react';
import { fitRecipe, type ModelLimits } from '../../shared/model-limits.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../shared/presets.ts';
import { type Recipe, recipeSchema } from '../../shared/recipe.ts';
import { presetFor } from '../../shared/swept.ts';

/** What the wizard has gathered; a reload of the page keeps it. */
export interface Draft {
  readonly recipe: Recipe;
  /** Of the recipe's model; null while it has not been looked at. */
  readonly limits: ModelLimits | null;
  /** The preset that the recipe still equals but for its model and data; null once changed. */
  readonly preset: PresetName | null;
  readonly name: string;
}

const KEY = 'kintsugi-draft';
export const FIRST: Draft = {
  recipe: PRESETS.quick,
  limits: null,
  preset: 'quick',
  name: '',
};

let current = stored();
const listeners = new Set<() => void>();

export function setDraft(draft: Draft): void {
  current = draft;
  sessionStorage.setItem(KEY, JSON.stringify(draft));
  for (const listener of listeners) listener();
}

/** For answers that took a while: the draft may have become another since they were asked for. */
export const updateDraft = (change: (draft: Draft) => Draft): void => setDraft(change(current));

export function useDraft() {
  const draft = useSyncExternalStore(listen, () => current);
  const setRecipe = useCallback((recipe: Recipe) => setDraft(withRecipe(current, recipe)), []);
  return { draft, recipe: draft.recipe, setRecipe };
}

/** The preset with the draft's model and data, as far as the model can take it. */
export function applyPreset(draft: Draft, preset: PresetName): Draft {
  return { ...draft, preset, recipe: presetOn(preset, draft) };
}

export const withRecipe = (draft: Draft, recipe: Recipe): Draft => ({
  ...draft,
  recipe,
  preset: presetOf({ ...draft, recipe }),
});

/** What the draft's model can take, once it is known; the recipe stays as it was made. */
export function withLimits(draft: Draft, limits: ModelLimits): Draft {
  const { linearColumns, layers, maxPositions, parameters } = limits;
  const known = { ...draft, limits: { linearColumns, layers, maxPositions, parameters } };
  return { ...known, preset: presetOf(known) };
}

/** Another model, and of the settings those that it can take. */
export function withModel(draft: Draft, info: ModelLimits & { readonly model: string }): Draft {
  const chosen = withLimits(draft, info);
  const recipe = { ...draft.recipe, model: info.model };
  if (draft.preset === null) return withRecipe(chosen, fitRecipe(recipe, info));
  return applyPreset({ ...chosen, recipe }, draft.preset);
}

/** The preset that the recipe equals but for its model, data and analysis and what the model cannot take. */
export function presetOf(draft: Pick<Draft, 'recipe' | 'limits'>): PresetName | null {
  const text = JSON.stringify(draft.recipe);
  return PRESET_NAMES.find((name) => JSON.stringify(presetOn(name, draft)) === text) ?? null;
}

function presetOn(name: PresetName, { recipe, limits }: Pick<Draft, 'recipe' | 'limits'>): Recipe {
  return withData(limits === null ? PRESETS[name] : presetFor(name, limits), recipe);
}

function withData(recipe: Recipe, { model, compression, evaluation, analysis }: Recipe): Recipe {
  return {
    ...recipe,
    model,
    compression: {
      ...recipe.compression,
      calibration: { ...recipe.compression.calibration, source: compression.calibration.source },
    },
    evaluation: { ...recipe.evaluation, tasks: evaluation.tasks },
    analysis,
  };
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function stored(): Draft {
  try {
    const { recipe, limits, name } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    const parsed = recipeSchema.safeParse(recipe);
    if (!parsed.success) return FIRST;
    const kept = { recipe: parsed.data, limits: (limits ?? null) as ModelLimits | null };
    return { ...kept, preset: presetOf(kept), name: String(name ?? '') };
  } catch {
    return FIRST;
  }
}
