import type { Comparison } from '../../shared/contract/compare.ts';
import type { Recipe } from '../../shared/recipe.ts';

/** Every field of the recipes by dotted path, in the recipe's order; null where a run has no such field. */
export function compareRecipes(recipes: readonly (Recipe | null)[]): Comparison['configuration'] {
  const fields = recipes.map((recipe) => new Map(recipe === null ? [] : flatten('', recipe)));
  const paths = new Set(fields.flatMap((own) => [...own.keys()]));
  return [...paths].map((path) => {
    const values = fields.map((own) => own.get(path) ?? null);
    return { path, values, differs: values.some((value) => value !== values[0]) };
  });
}

function flatten(path: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value)) return [[path, value.join(', ')]];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(path === '' ? name : `${path}.${name}`, inner),
  );
}
