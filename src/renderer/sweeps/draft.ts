import { changeTo, merged } from '../../shared/change.ts';
import { parseRecipe, type Recipe, recipeSchema } from '../../shared/recipe.ts';
import { type Sweep, startOf, sweepFile } from '../../shared/sweep.ts';

export type Change = NonNullable<Sweep['vary']['tuning']>[number];

/** What the form begins with where no file was opened. */
export const NEW_SWEEP: Sweep = {
  version: 1,
  name: 'Quantised and pruned',
  base: 'quick',
  vary: {
    compression: [
      { method: 'gptq', bits: 3 },
      { method: 'sparsegpt', sparsity: 0.5 },
    ],
  },
};

/** A sweep whose runs all begin with this recipe. */
export const sweepOf = (recipe: Recipe, name: string): Sweep => ({
  ...NEW_SWEEP,
  name: name.slice(0, 80),
  base: JSON.parse(JSON.stringify(recipe)) as Change,
  vary: {},
});

/** What a file holds as a sweep: it may also be the recipe of one run. */
export function asSweep(value: unknown): Change {
  if (typeof value !== 'object' || value === null || !('compression' in value))
    return value as Change;
  return toJson(sweepOf(parseRecipe(value), 'From a recipe'));
}

/** A variable with no options left is one that runs do not differ in. */
export function withOptions<Name extends keyof Sweep['vary']>(
  sweep: Sweep,
  name: Name,
  options: NonNullable<Sweep['vary'][Name]>,
): Sweep {
  const { [name]: _, ...others } = sweep.vary;
  return { ...sweep, vary: options.length === 0 ? others : { ...others, [name]: options } };
}

/** The change without the key, or with another value under it. */
export function withValue(change: Change, key: string, value: Change[string] | undefined): Change {
  const { [key]: _, ...others } = change;
  return value === undefined ? others : { ...others, [key]: value };
}

/**
 * What an option makes of the base, and the option that makes another of it; undefined where the base
 * cannot take the option.
 */
export function applied<Part extends 'compression' | 'tuning'>(
  base: Recipe,
  part: Part,
  option: Change,
) {
  const start = startOf(base, part, option) as Recipe[Part];
  const { data } = recipeSchema.shape[part].safeParse(merged(start, option));
  const value = data as Recipe[Part] | undefined;
  return (
    value && { value, option: (next: Recipe[Part]) => changeTo(start, next, option) as Change }
  );
}

/** As the contract and files have it: without what is undefined. */
export const toJson = (sweep: Sweep): Change => JSON.parse(JSON.stringify(sweep)) as Change;

const KEY = 'kintsugi-sweep';

/** The form as it was left; a reload of the page keeps it. */
export function storedSweep(): Sweep {
  try {
    const parsed = sweepFile.safeParse(JSON.parse(sessionStorage.getItem(KEY) ?? ''));
    return parsed.success ? parsed.data : NEW_SWEEP;
  } catch {
    return NEW_SWEEP;
  }
}

export const storeSweep = (sweep: Sweep): void =>
  sessionStorage.setItem(KEY, JSON.stringify(sweep));
