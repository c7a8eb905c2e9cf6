import type { Compression } from './compression.ts';
import type { Recipe } from './recipe.ts';

/** Every preset compresses with GPTQ. */
type Preset = Recipe & { readonly compression: Extract<Compression, { readonly method: 'gptq' }> };

export const PRESET_NAMES = ['quick', 'balanced', 'careful'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** A few minutes on two cores: one seed. */
const quick: Preset = {
  version: 1,
  model: 'starter',
  compression: {
    method: 'gptq',
    bits: 2,
    groupSize: 64,
    symmetric: false,
    mse: false,
    actOrder: false,
    staticGroups: false,
    damping: 0.01,
    calibration: { source: 'starter', samples: 64, length: 256 },
  },
  tuning: {
    data: 'tasks',
    tokens: 16,
    init: 'vocabulary',
    learningRate: 0.01,
    steps: 120,
    batch: 16,
    warmup: 12,
    clip: 1,
    weightDecay: 0,
    bank: { by: 'seeds', count: 3, warmStart: 0, joint: false, routing: 0 },
    lora: {
      rank: 4,
      alpha: 8,
      dropout: 0,
      rankStabilized: false,
      targets: ['default'],
      learningRate: 0.003,
      steps: 360,
    },
    furtherLoras: [],
    prefix: null,
    together: null,
  },
  selector: { kind: 'idp', layer: 0 },
  selectors: [
    { kind: 'fixed' },
    { kind: 'idp-calibrated', layer: 0 },
    { kind: 'key', keys: 'centroids' },
    { kind: 'classifier' },
  ],
  evaluation: { tasks: 'all', itemsPerTask: 100, textTokens: 8192, bootstrap: 2000 },
  analysis: null,
  seed: 0,
  repeats: 1,
  device: 'cpu',
  threads: 0,
};

/** Longer tuning and every held-out input; three seeds, so that intervals cover the tuning too. */
const balanced: Preset = {
  ...quick,
  compression: {
    ...quick.compression,
    calibration: { ...quick.compression.calibration, samples: 128 },
  },
  tuning: {
    ...quick.tuning,
    steps: 300,
    warmup: 30,
    lora: { ...quick.tuning.lora, steps: 900 },
  },
  evaluation: { ...quick.evaluation, itemsPerTask: 400, textTokens: 32_768, bootstrap: 5000 },
  repeats: 3,
};

/** As long as tuning keeps helping; five seeds. */
const careful: Preset = {
  ...balanced,
  tuning: {
    ...balanced.tuning,
    steps: 600,
    warmup: 60,
    bank: { by: 'seeds', count: 5, warmStart: 0, joint: false, routing: 0 },
    lora: { ...balanced.tuning.lora, steps: 3000 },
  },
  evaluation: {
    ...balanced.evaluation,
    itemsPerTask: 1000,
    textTokens: 131_072,
    bootstrap: 10_000,
  },
  repeats: 5,
};

/** Everything that can be found out beside the comparison. */
export const FULL_ANALYSIS: NonNullable<Recipe['analysis']> = {
  displaced: true,
  similarity: { inputs: 72 },
  restore: { itemsPerTask: 40 },
};

export const PRESETS: Readonly<Record<PresetName, Preset>> = { quick, balanced, careful };
