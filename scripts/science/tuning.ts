/**
 * `npm run science:tuning [-- --model FOLDER]`: learning rates and lengths, swept on the starter or
 * another size of it (`npm run pretrain`), at two levels of damage. Prints best validation losses as
 * Markdown tables for docs/log.md; src/shared/swept.ts takes the best.
 */
import { parseArgs } from 'node:util';
import { answerTasks } from '../../src/core/evaluate/answer.ts';
import type { Model } from '../../src/core/models/model.ts';
import { tuneLora } from '../../src/core/tune/lora.ts';
import { tunePrefix } from '../../src/core/tune/prefix.ts';
import { tunePrompt } from '../../src/core/tune/prompt.ts';
import { createAnswerer } from '../../src/main/compute/answerer.ts';
import { parameterCount } from '../../src/main/compute/model-shape.ts';
import type { Compression } from '../../src/shared/compression.ts';
import { describeCompression } from '../../src/shared/compression.ts';
import { formatCount, formatPercent } from '../../src/shared/format.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { printHeading, type Setup, withCompressed } from './setup.ts';

const RATES = [0.001, 0.003, 0.01, 0.03, 0.1] as const;
const LENGTHS = [1, 4, 16, 32] as const;
const STEPS = 120;
const ITEMS = 60;

const { batch, clip, weightDecay, init, lora } = PRESETS.quick.tuning;
const { compression } = PRESETS.quick;

const DAMAGES: readonly Compression[] = [
  compression,
  {
    method: 'sparsegpt',
    sparsity: 0.6,
    quantization: null,
    damping: compression.damping,
    calibration: compression.calibration,
  },
];

type Best = { readonly best: { readonly validation: number } | undefined };

interface Way {
  readonly name: string;
  tune(setup: Setup, learningRate: number): Promise<Best>;
}

const options = (learningRate: number) => ({
  ...{ batch, clip, weightDecay, learningRate, steps: STEPS, warmup: STEPS / 10, seed: 0 },
});

const prompt = (tokens: number): Way => ({
  name: `prompt of ${tokens}`,
  tune: ({ subject, data }, rate) =>
    tunePrompt(subject, data(0), { ...options(rate), name: 'p', tokens, init }),
});

const prefix = (tokens: number): Way => ({
  name: `prefix of ${tokens}`,
  tune: ({ subject, data }, rate) =>
    tunePrefix(subject, data(0), { ...options(rate), name: 'p', tokens, init }),
});

const adapter: Way = {
  name: `LoRA of rank ${lora.rank}`,
  tune: ({ subject, data }, rate) => tuneLora(subject, data(0), { ...lora, ...options(rate) }),
};

async function rates(setup: Setup): Promise<void> {
  console.log(`| | ${RATES.join(' | ')} |\n|---|${'---|'.repeat(RATES.length)}`);
  for (const { name, tune } of [...LENGTHS.map(prompt), prefix(16), adapter]) {
    const cells: string[] = [];
    for (const rate of RATES)
      cells.push(
        await tune(setup, rate).then(
          ({ best }) => best?.validation.toFixed(3) ?? '–',
          () => 'diverged',
        ),
      );
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  console.log('');
}

/** On held-out questions. */
async function accuracy({ engine, loaded, tasks }: Setup, model: Model): Promise<string> {
  const scorer = createAnswerer(engine, { model });
  try {
    const answers = await answerTasks(scorer, loaded.tokenizer, tasks, ITEMS);
    return formatPercent(answers.filter(({ correct }) => correct).length / answers.length);
  } finally {
    await scorer.release();
  }
}

const { model } = parseArgs({ options: { model: { type: 'string', default: 'starter' } } }).values;
for (const damage of DAMAGES)
  await withCompressed(model, damage, async (setup) => {
    const { original, loaded, compression: fitting } = setup;
    const [before, after] = [original, loaded].map((one) => accuracy(setup, one.model));
    printHeading(
      `best validation loss after ${STEPS} steps of ${batch}, by learning rate; ${formatCount(parameterCount(original.model))} parameters, ${describeCompression(fitting)}, accuracy on held-out questions ${await before} before and ${await after} after`,
    );
    await rates(setup);
  });
