import type { Recipe } from '../../shared/recipe.ts';
import type { ArmRecovery } from '../../shared/results.ts';
import { formatPercent } from '../format.ts';

/** What a run does, in a few words: "starter · GPTQ 2 bits, groups of 64". */
export function describeRecipe(recipe: Recipe | null): string {
  if (recipe === null) return 'recipe of another version';
  const { method, bits, groupSize } = recipe.compression;
  const groups = groupSize === -1 ? 'one group per row' : `groups of ${groupSize}`;
  const model = recipe.model.split(/[/\\]/).filter(Boolean).at(-1) ?? recipe.model;
  return `${model} · ${method.toUpperCase()} ${bits} bits, ${groups}`;
}

/** The share of the lost accuracy that came back, with its interval. */
export function describeRecovery(recovery: ArmRecovery | null): string {
  if (recovery === null) return '–';
  if (recovery.kind === 'nothing-lost') return 'nothing was lost';
  const share = formatPercent(recovery.share);
  if (recovery.kind === 'unbounded') return `${share} (no bounded interval)`;
  const { low, high } = recovery.interval;
  return `${share} (${formatPercent(low)} … ${formatPercent(high)})`;
}
