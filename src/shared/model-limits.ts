import { type Bits, type Compression, gridOf, withGrid } from './compression.ts';
import { type Recipe, type SelectorRecipe, selectorName } from './recipe.ts';

/** What of a model decides which recipes it can take. */
export interface ModelLimits {
  /** Distinct input widths of the layers that are compressed. */
  readonly linearColumns: readonly number[];
  readonly layers: number;
  readonly maxPositions: number;
  /** Of the whole model: tuning's learning rates go by it. */
  readonly parameters: number;
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

/** Where clusters no longer decide how many prompts there are. */
const USUAL_PROMPTS = 3;

/** Prompts of which each has half of the next one's tokens. */
export const mostHalvings = (tokens: number): number => Math.floor(Math.log2(tokens)) + 1;

/**
 * The recipe with the settings that this model cannot take, and those that no run can work together,
 * replaced by the nearest that can be.
 */
export function fitRecipe(recipe: Recipe, limits: ModelLimits): Recipe {
  const { compression, tuning, selector } = recipe;
  const room = mostPromptTokens(limits);
  const { by } = tuning.bank;
  const fitting = fitSelector(selector, by, limits);
  const fitted = {
    ...recipe,
    compression: fitCompression(compression, limits),
    tuning: fitTuning(tuning, room, 'layer' in fitting),
    selector: fitting,
  };
  const selectors = recipe.selectors
    .filter(({ kind }) => kind !== 'mixture' || by !== 'length')
    .map((each) => fitSelector(each, by, limits));
  // Of two blocks that this model lacks, the same one takes the place.
  const byName = new Map(selectors.map((each) => [selectorName(each), each]));
  return { ...fitted, selectors: [...byName.values()] };
}

type Tuning = Recipe['tuning'];

function fitTuning(tuning: Tuning, room: number, byAttention: boolean): Tuning {
  const { bank, prefix, together } = tuning;
  const tokens = Math.min(tuning.tokens, room);
  // By length or seeds all prompts read the same data: one pass or one start would tell none apart.
  const apart = bank.by === 'length' || bank.by === 'seeds';
  const joint = bank.joint && !apart;
  return {
    ...tuning,
    tokens,
    bank: {
      ...bank,
      count: fitCount(bank, tokens),
      joint,
      warmStart: apart ? 0 : bank.warmStart,
      routing: joint && byAttention ? bank.routing : 0,
    },
    prefix: prefix && { ...prefix, tokens: Math.min(prefix.tokens, room) },
    together: apart ? null : together,
  };
}

function fitCount({ by, count }: Tuning['bank'], tokens: number): Tuning['bank']['count'] {
  if (by === 'clusters') return count;
  const given = count === 'auto' ? USUAL_PROMPTS : count;
  return by === 'length' ? Math.min(given, mostHalvings(tokens)) : given;
}

function fitSelector(
  selector: SelectorRecipe,
  by: Tuning['bank']['by'],
  limits: ModelLimits,
): SelectorRecipe {
  if (selector.kind === 'mixture' && by === 'length') return { kind: 'idp', layer: 0 };
  return 'layer' in selector ? { ...selector, layer: fitLayer(selector.layer, limits) } : selector;
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
