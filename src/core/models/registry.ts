import { KintsugiError } from '../../shared/errors.ts';
import type { Family } from './family.ts';
import { llama } from './llama/index.ts';

/** Every family Kintsugi can run; add one here. */
const families: readonly Family[] = [llama as unknown as Family];

const supported = families.flatMap((family) => family.architectures);

/** The family of a config.json. @throws KintsugiError UNSUPPORTED_ARCHITECTURE listing what is. */
export function familyOf(config: Record<string, unknown>, file: string): Family {
  const named = config['architectures'];
  const architectures = Array.isArray(named) ? named.filter((a) => typeof a === 'string') : [];
  const family = families.find((f) => architectures.some((a) => f.architectures.includes(a)));
  if (family) return family;
  throw new KintsugiError(
    'UNSUPPORTED_ARCHITECTURE',
    architectures.length > 0
      ? `${architectures.join(', ')} is not a supported architecture`
      : 'config.json names no architecture',
    { file, field: 'architectures', next: `Choose a model of: ${supported.join(', ')}.` },
  );
}
