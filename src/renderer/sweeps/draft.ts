import type { Sweep } from '../../shared/sweep.ts';
import { saveFile } from '../save-file.ts';

export type Change = NonNullable<Sweep['vary']['tuning']>[number];

/** What the form begins with where no file was opened. */
export const NEW_SWEEP: Sweep = {
  version: 1,
  name: 'Quantised and pruned',
  base: 'quick',
  vary: {
    compression: [
      { method: 'gptq', bits: 3 },
      { method: 'sparsegpt', sparsity: 0.5 },
    ],
  },
};

/** A variable with no options left is one that runs do not differ in. */
export function withOptions<Name extends keyof Sweep['vary']>(
  sweep: Sweep,
  name: Name,
  options: NonNullable<Sweep['vary'][Name]>,
): Sweep {
  const { [name]: _, ...others } = sweep.vary;
  return { ...sweep, vary: options.length === 0 ? others : { ...others, [name]: options } };
}

/** The change without the key, or with another value under it. */
export function withValue(change: Change, key: string, value: Change[string] | undefined): Change {
  const { [key]: _, ...others } = change;
  return value === undefined ? others : { ...others, [key]: value };
}

/** As the contract and files have it: without what is undefined. */
export const toJson = (sweep: Sweep): Change => JSON.parse(JSON.stringify(sweep)) as Change;

export function saveSweep(sweep: Sweep): void {
  const name = sweep.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const text = `${JSON.stringify(sweep, null, 2)}\n`;
  saveFile({ name: `${name}.json`, type: 'application/json', text });
}
