import { describeCompression } from './compression.ts';
import { modelName } from './model-name.ts';
import type { Recipe } from './recipe.ts';

/** What a run is called that nobody named: "Starter, GPTQ 2-bit". */
export function defaultRunName({ model, compression }: Recipe): string {
  const name = model === 'starter' ? 'Starter' : modelName(model);
  return `${name}, ${describeCompression(compression)}`.slice(0, 100);
}
