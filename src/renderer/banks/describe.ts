import type { BankSummary } from '../../shared/contract/banks.ts';

const ORIGINS: Readonly<Record<BankSummary['origin'], string>> = {
  run: 'From a run',
  imported: 'Imported',
  merged: 'Merged',
  split: 'Split off',
  renamed: 'Prompts renamed',
  quantized: 'Quantised',
  pruned: 'Pruned',
};

export const describeOrigin = ({ origin }: BankSummary): string => ORIGINS[origin];

/** "3 prompts, 48 virtual tokens", and how many bits a number has where that is few. */
export function describePrompts(
  prompts: readonly { readonly tokens: number; readonly bits?: number }[],
): string {
  const tokens = prompts.reduce((sum, prompt) => sum + prompt.tokens, 0);
  const noun = prompts.length === 1 ? 'prompt' : 'prompts';
  const widths = [...new Set(prompts.map(({ bits }) => bits ?? 32))].sort((a, b) => a - b);
  const bits = widths.join() === '32' ? '' : `, ${widths.join(' and ')} bits`;
  return `${prompts.length} ${noun}, ${tokens} virtual ${tokens === 1 ? 'token' : 'tokens'}${bits}`;
}

export const shortHash = (hash: string): string => hash.slice(0, 12);

/** Whether a bank holds every word of the search, in its name, tags, notes, model or prompts. */
export function matches(bank: BankSummary, search: string): boolean {
  const { name, tags, notes, model, prompts } = bank;
  const text = [name, ...tags, notes, model, ...prompts.map((prompt) => prompt.name)]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
