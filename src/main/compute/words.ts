import { type ArmId, isLoraArm, type LoraArmId } from '../../shared/results.ts';

export const NAMES: Readonly<Record<Exclude<ArmId, LoraArmId>, string>> = {
  original: 'the original',
  compressed: 'compression',
  prompt: 'the best single prompt',
  idp: 'the prompt bank with dynamic selection',
  prefix: 'the prefix',
  'bank-lora': 'the bank with LoRA',
};

/** An arm in running text. */
export function nameInText(arm: ArmId): string {
  if (!isLoraArm(arm)) return NAMES[arm];
  return arm === 'lora' ? 'LoRA' : `LoRA of rank ${arm.slice('lora-'.length)}`;
}

export const percent = (share: number): string => `${Math.round(100 * share)}%`;

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "a, b and c" */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
