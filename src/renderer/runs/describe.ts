import { describeCompression, gridOf } from '../../shared/compression.ts';
import { modelName } from '../../shared/model-name.ts';
import type { Recipe } from '../../shared/recipe.ts';
import type { ArmRecovery } from '../../shared/results.ts';
import { formatWholePercent } from '../format.ts';

/** What a run does, in a few words: "starter · GPTQ 2 bits, groups of 64". */
export function describeRecipe(recipe: Recipe | null): string {
  if (recipe === null) return 'recipe of another version';
  const { compression } = recipe;
  const groupSize = gridOf(compression)?.groupSize;
  const groups = groupSize === -1 ? ', one group per row' : `, groups of ${groupSize}`;
  const grouped = groupSize === undefined ? '' : groups;
  return `${modelName(recipe.model)} · ${describeCompression(compression)}${grouped}`;
}

/** The share of the lost accuracy that came back, with its interval. */
export function describeRecovery(recovery: ArmRecovery | null): string {
  if (recovery === null) return '–';
  if (recovery.kind === 'nothing-lost') return 'nothing was lost';
  const share = formatWholePercent(recovery.share);
  if (recovery.kind === 'unbounded') return `${share} (no interval)`;
  const { low, high } = recovery.interval;
  return `${share} (${formatWholePercent(low)} to ${formatWholePercent(high)})`;
}

const TUNED: Readonly<Record<string, string>> = {
  bank: 'Tune the prompt bank',
  single: 'Tune one prompt on everything',
  prefix: 'Tune a prefix',
  lora: 'Tune a LoRA adapter to compare with',
  together: 'Tune the bank with a LoRA adapter',
};
const EVALUATED: Readonly<Record<string, string>> = {
  original: 'Question the original',
  compressed: 'Question the compressed model',
  prompt: 'Question it with one prompt',
  idp: 'Question it with the prompt bank',
  prefix: 'Question it with the prefix',
  lora: 'Question it with LoRA',
  'bank-lora': 'Question it with the bank and LoRA',
  controls: 'Question it with each prompt of the bank',
  selectors: 'Question it with other ways to choose the prompt',
};
const ANALYSED: Readonly<Record<string, string>> = {
  seen: 'Question every arm on facts that it was tuned on',
  'compress-control': 'Compress the control, which never knew some facts',
  'control-prompt': 'Tune a prompt for the control',
  'control-lora': 'Tune a LoRA adapter for the control',
  control: 'Question the control',
  similarity: 'Look at attention and activations, block by block',
  restore: 'Put original blocks back, one at a time',
};
const BY_KIND: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  tune: TUNED,
  evaluate: EVALUATED,
  analyse: ANALYSED,
};
const SINGLE: Readonly<Record<string, string>> = {
  prepare: 'Check the model and the data',
  compress: 'Compress the weights',
  ask: 'Ask a few questions to watch',
  summarise: 'Compare the arms',
};

/** `tune:bank@0` in words; the seed is said where there are several. */
export function describeStage(stage: string, seeds: number): string {
  const [kind = stage, rest = ''] = stage.split(':');
  const [what = '', seed] = rest.split('@');
  const [, rank] = /^lora-(\d+)$/.exec(what) ?? [];
  const arm = rank === undefined ? what : 'lora';
  const described = BY_KIND[kind]?.[arm] ?? SINGLE[kind];
  const words = rank === undefined ? described : `${described}, rank ${rank}`;
  const suffix = seeds > 1 && seed !== undefined && kind !== 'prepare' ? ` (seed ${seed})` : '';
  return `${words ?? stage}${suffix}`;
}
