/**
 * `npm run science:tuning`: learning rates and lengths, swept on the compressed starter. Prints
 * validation losses and seconds as Markdown tables for docs/log.md; the presets take the best.
 */
import { tuneLora } from '../../src/core/tune/lora.ts';
import { tunePrefix } from '../../src/core/tune/prefix.ts';
import { tunePrompt } from '../../src/core/tune/prompt.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { printHeading, type Setup, withCompressedStarter } from './setup.ts';

const RATES = [0.001, 0.003, 0.01, 0.03, 0.1] as const;
const LENGTHS = [1, 4, 16, 32] as const;
const STEPS = 120;

const { batch, clip, weightDecay, init, lora } = PRESETS.quick.tuning;
const base = { steps: STEPS, warmup: STEPS / 10, batch, clip, weightDecay, seed: 0 };

type Tuned = { readonly best: { readonly validation: number } | undefined };

interface Way {
  readonly name: string;
  tune(setup: Setup, learningRate: number): Promise<Tuned>;
}

const prompt = (tokens: number): Way => ({
  name: `prompt of ${tokens}`,
  tune: ({ subject, data }, learningRate) =>
    tunePrompt(subject, data(0), { ...base, learningRate, name: 'p', tokens, init }),
});

const WAYS: readonly Way[] = [
  ...LENGTHS.map(prompt),
  {
    name: 'prefix of 16',
    tune: ({ subject, data }, learningRate) =>
      tunePrefix(subject, data(0), { ...base, learningRate, name: 'p', tokens: 16, init }),
  },
  {
    name: `LoRA of rank ${lora.rank}`,
    tune: ({ subject, data }, learningRate) =>
      tuneLora(subject, data(0), { ...base, ...lora, steps: STEPS, learningRate }),
  },
];

await withCompressedStarter(async (setup) => {
  printHeading(`best validation loss after ${STEPS} steps of ${batch}, by learning rate`);
  console.log(`| | ${RATES.join(' | ')} | seconds each |\n|---|${'---|'.repeat(RATES.length + 1)}`);
  for (const { name, tune } of WAYS) {
    const start = performance.now();
    const losses: string[] = [];
    for (const rate of RATES) {
      const loss = await tune(setup, rate).then(
        ({ best }) => best?.validation.toFixed(3) ?? '–',
        () => 'diverged',
      );
      losses.push(loss);
    }
    const seconds = (performance.now() - start) / 1000 / RATES.length;
    console.log(`| ${name} | ${losses.join(' | ')} | ${seconds.toFixed(0)} |`);
  }
});
