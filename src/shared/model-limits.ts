import { type Bits, type Compression, gridOf, withGrid } from './compression.ts';
import type { Recipe } from './recipe.ts';

/** What of a model decides which recipes it can take. */
export interface ModelLimits {
  /** Distinct input widths of the layers that are compressed. */
  readonly linearColumns: readonly number[];
  readonly layers: number;
  readonly maxPositions: number;
}

/** Packed layers come in multiples of this many columns. */
export const GROUP_MULTIPLE = 16;
/** 3-bit codes are packed 32 to three words; other tools refuse partial ones. */
export const THREE_BIT_MULTIPLE = 32;

/** Group sizes that divide all of these widths, rising; one group per row (−1) always does. */
export function fittingGroupSizes(columns: readonly number[]): number[] {
  const least = Math.min(...columns);
  const sizes: number[] = [];
  for (let size = GROUP_MULTIPLE; size <= least; size += GROUP_MULTIPLE) {
    if (columns.every((width) => width % size === 0)) sizes.push(size);
  }
  return sizes;
}

/** Virtual tokens leave room for at least two tokens of input. */
export const mostPromptTokens = ({ maxPositions }: ModelLimits): number => maxPositions - 2;

/** The recipe with the settings that this model cannot take replaced by the nearest that it can. */
export function fitRecipe(recipe: Recipe, limits: ModelLimits): Recipe {
  const { compression, tuning, selector } = recipe;
  return {
    ...recipe,
    compression: fitCompression(compression, limits),
    tuning: { ...tuning, tokens: Math.min(tuning.tokens, mostPromptTokens(limits)) },
    selector:
      'layer' in selector ? { ...selector, layer: fitLayer(selector.layer, limits) } : selector,
  };
}

export function fitCompression(compression: Compression, limits: ModelLimits): Compression {
  const { calibration } = compression;
  const length = Math.min(calibration.length, limits.maxPositions);
  const fitting = { ...compression, calibration: { ...calibration, length } };
  const grid = gridOf(compression);
  if (grid === null) return fitting;
  const bits = fitBits(grid.bits, limits);
  return withGrid(fitting, { bits, groupSize: fitGroupSize(grid.groupSize, limits) });
}

function fitGroupSize(size: number, { linearColumns }: ModelLimits): number {
  if (size === -1) return size;
  const smaller = fittingGroupSizes(linearColumns).filter((fitting) => fitting <= size);
  return smaller.at(-1) ?? -1;
}

function fitBits(bits: Bits, { linearColumns }: ModelLimits): Bits {
  const whole = linearColumns.every((columns) => columns % THREE_BIT_MULTIPLE === 0);
  return bits === 3 && !whole ? 4 : bits;
}

const fitLayer = (layer: number, { layers }: ModelLimits): number =>
  Math.min(Math.max(layer, -layers), layers - 1);
