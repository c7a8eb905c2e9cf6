import { formatCompact } from './format.ts';
import { fitRecipe, type ModelLimits } from './model-limits.ts';
import { PRESETS, type PresetName } from './presets.ts';
import type { Recipe } from './recipe.ts';

/** Learning rates and the prompt's length that did best on a model of a size. */
export interface SweptTuning {
  readonly parameters: number;
  readonly prompt: number;
  readonly prefix: number;
  readonly lora: number;
  /** Virtual tokens beyond which little is gained. */
  readonly tokens: number;
}

/** By size, rising, as `npm run science:tuning` found them; docs/log.md has the tables. */
const SWEPT: readonly SweptTuning[] = [
  { parameters: 279_888, prompt: 0.03, prefix: 0.1, lora: 0.01, tokens: 16 },
  { parameters: 2_557_632, prompt: 0.01, prefix: 0.03, lora: 0.003, tokens: 16 },
  { parameters: 5_795_072, prompt: 0.01, prefix: 0.03, lora: 0.003, tokens: 16 },
];

/** Of the size that is nearest by ratio; of the largest where the size is not known. */
export function sweptFor(parameters: number | null): SweptTuning {
  if (parameters === null) return SWEPT.at(-1)!;
  const far = (swept: SweptTuning) => Math.abs(Math.log(swept.parameters / parameters));
  return SWEPT.reduce((best, swept) => (far(swept) < far(best) ? swept : best));
}

const SIZES = SWEPT.map(({ parameters }) => formatCompact(parameters));

/** What a reader must know of these numbers. */
export const SWEPT_WORDS = `swept at ${new Intl.ListFormat('en-GB').format(SIZES)} parameters; other sizes begin with the nearest`;

/** The recipe with rates and length for a model of a size. */
export function withSwept(recipe: Recipe, parameters: number | null): Recipe {
  const { prompt, prefix, lora, tokens } = sweptFor(parameters);
  const { tuning } = recipe;
  return {
    ...recipe,
    tuning: {
      ...tuning,
      tokens,
      learningRate: prompt,
      lora: { ...tuning.lora, learningRate: lora },
      prefix: tuning.prefix && { ...tuning.prefix, learningRate: prefix },
    },
  };
}

/** A preset as a model can take it. */
export const presetFor = (name: PresetName, limits: ModelLimits): Recipe =>
  fitRecipe(withSwept(PRESETS[name], limits.parameters), limits);
