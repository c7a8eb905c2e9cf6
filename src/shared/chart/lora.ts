import { type Arm, isBankArm } from '../results.ts';

/** A recipe's adapters beside its first: LoRA's colour, nearer to the ink the larger the rank. */
type FurtherLora = `lora-${number}`;

export const isFurtherLora = (id: Arm['id']): id is FurtherLora =>
  !isBankArm(id) && id.startsWith('lora-');

/** @param ink colour of text, against which contrast only grows */
export function furtherLoraShade(id: FurtherLora, ink: string): string {
  const doublings = Math.log2(Number(id.slice('lora-'.length)));
  return `color-mix(in oklab, var(--arm-lora) ${Math.round(90 - 8 * doublings)}%, ${ink})`;
}
