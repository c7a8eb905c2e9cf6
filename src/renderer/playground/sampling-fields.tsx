import { NumberInput } from '@mantine/core';
import type { GenerationRequest } from '../../shared/contract/playground.ts';

type Sampling = GenerationRequest['sampling'];

export const GREEDY: Sampling = { temperature: 0, topK: 0, topP: 1, maxTokens: 32, seed: 0 };

interface Props {
  readonly sampling: Sampling;
  readonly change: (sampling: Sampling) => void;
}

const FIELDS = [
  {
    name: 'temperature',
    label: 'Temperature',
    help: '0 always takes the likeliest token',
    min: 0,
    max: 5,
    step: 0.1,
  },
  {
    name: 'topK',
    label: 'Top k',
    help: 'only the k likeliest; 0 is all',
    min: 0,
    max: 1000,
    step: 1,
  },
  {
    name: 'topP',
    label: 'Top p',
    help: 'the likeliest that make up p',
    min: 0.01,
    max: 1,
    step: 0.05,
  },
  { name: 'maxTokens', label: 'Tokens', help: 'at most', min: 1, max: 2048, step: 8 },
  {
    name: 'seed',
    label: 'Seed',
    help: 'the same seed, the same text',
    min: 0,
    max: 2 ** 31 - 1,
    step: 1,
  },
] as const;

const WHOLE = new Set(['topK', 'maxTokens', 'seed']);

export function SamplingFields({ sampling, change }: Props) {
  return (
    <fieldset className="sampling">
      <legend>Sampling</legend>
      {FIELDS.map(({ name, label, help, min, max, step }) => (
        <NumberInput
          key={name}
          label={label}
          description={help}
          value={sampling[name]}
          onChange={(value) => typeof value === 'number' && change({ ...sampling, [name]: value })}
          min={min}
          max={max}
          step={step}
          allowDecimal={!WHOLE.has(name)}
          allowNegative={false}
          clampBehavior="strict"
          size="xs"
          // At 0 nothing is drawn, so nothing else matters.
          disabled={sampling.temperature === 0 && name !== 'temperature' && name !== 'maxTokens'}
        />
      ))}
    </fieldset>
  );
}
