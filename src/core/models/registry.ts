import { KintsugiError } from '../../shared/errors.ts';
import type { Family } from './family.ts';
import { gemma2 } from './gemma2/index.ts';
import { gemma3 } from './gemma3/index.ts';
import { gptNeoX } from './gpt-neox/index.ts';
import { gpt2 } from './gpt2/index.ts';
import { llama } from './llama/index.ts';
import { mistral } from './mistral/index.ts';
import { opt } from './opt/index.ts';
import { phi3 } from './phi3/index.ts';
import { qwen2 } from './qwen2/index.ts';
import { qwen3 } from './qwen3/index.ts';
import { smolLm3 } from './smollm3/index.ts';

/** Every family Kintsugi can run; add one here. */
const families: readonly Family[] = [
  gemma2,
  gemma3,
  gpt2,
  gptNeoX,
  llama,
  mistral,
  opt,
  phi3,
  qwen2,
  qwen3,
  smolLm3,
];

/** `architectures` values of config.json that Kintsugi runs. */
export const supportedArchitectures: readonly string[] = families.flatMap(
  (family) => family.architectures,
);

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
    {
      file,
      field: 'architectures',
      next: `Choose a model of: ${supportedArchitectures.join(', ')}.`,
    },
  );
}
