/**
 * `npm run science:tuning [-- rates|longer]`: learning rates, lengths and steps, swept on the
 * compressed starter. Prints validation losses, and what longer tuning makes of held-out accuracy,
 * as Markdown tables for docs/log.md; the presets take the best.
 */
import { answerTasks } from '../../src/core/evaluate/answer.ts';
import type { Arm } from '../../src/core/evaluate/arm.ts';
import { stackBank } from '../../src/core/select/bank.ts';
import { tuneLora } from '../../src/core/tune/lora.ts';
import { tunePrefix } from '../../src/core/tune/prefix.ts';
import { tunePrompt } from '../../src/core/tune/prompt.ts';
import { adaptedModel } from '../../src/main/compute/adapted.ts';
import { createAnswerer } from '../../src/main/compute/answerer.ts';
import { accuracies } from '../../src/main/compute/summarise.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { printHeading, type Setup, withCompressedStarter } from './setup.ts';

const RATES = [0.001, 0.003, 0.01, 0.03, 0.1] as const;
const LENGTHS = [1, 4, 16, 32] as const;
const STEPS = 120;
const LONGER = [120, 480, 1200] as const;
const ITEMS = 60;

const { batch, clip, weightDecay, init, lora } = PRESETS.quick.tuning;

interface Tuned {
  readonly validation: number | undefined;
  readonly arm: Arm;
}

interface Way {
  readonly name: string;
  tune(setup: Setup, learningRate: number, steps: number): Promise<Tuned>;
}

const options = (learningRate: number, steps: number) => ({
  ...{ batch, clip, weightDecay, learningRate, steps, seed: 0 },
  warmup: steps / 10,
});

const prompt = (tokens: number): Way => ({
  name: `prompt of ${tokens}`,
  async tune({ subject, data }, rate, steps) {
    const asked = { ...options(rate, steps), name: 'p', tokens, init };
    const { prompt: tuned, best } = await tunePrompt(subject, data(0), asked);
    const selector = { kind: 'fixed', prompt: 0 } as const;
    const arm = { model: subject.model, bank: stackBank([tuned]), selector };
    return { validation: best?.validation, arm };
  },
});

const prefix = (tokens: number): Way => ({
  name: `prefix of ${tokens}`,
  async tune({ subject, data }, rate, steps) {
    const asked = { ...options(rate, steps), name: 'p', tokens, init };
    const { prefix: tuned, best } = await tunePrefix(subject, data(0), asked);
    return { validation: best?.validation, arm: { model: subject.model, prefix: tuned } };
  },
});

const adapter: Way = {
  name: `LoRA of rank ${lora.rank}`,
  async tune({ subject, data }, rate, steps) {
    const asked = { ...lora, ...options(rate, steps) };
    const { adapter: tuned, best } = await tuneLora(subject, data(0), asked);
    const arm = { model: adaptedModel(subject.model, tuned) };
    return { validation: best?.validation, arm };
  },
};

const header = (columns: readonly (string | number)[]): void =>
  console.log(`| | ${columns.join(' | ')} |\n|---|${'---|'.repeat(columns.length)}`);

const loss = ({ validation }: Pick<Tuned, 'validation'>): string => validation?.toFixed(3) ?? '–';

async function rates(setup: Setup): Promise<void> {
  printHeading(`best validation loss after ${STEPS} steps of ${batch}, by learning rate`);
  header([...RATES, 'seconds each']);
  for (const { name, tune } of [...LENGTHS.map(prompt), prefix(16), adapter]) {
    const start = performance.now();
    const cells: string[] = [];
    for (const rate of RATES)
      cells.push(await tune(setup, rate, STEPS).then(loss, () => 'diverged'));
    const seconds = (performance.now() - start) / 1000 / RATES.length;
    console.log(`| ${name} | ${cells.join(' | ')} | ${seconds.toFixed(0)} |`);
  }
}

async function longer(setup: Setup): Promise<void> {
  printHeading(`accuracy on ${ITEMS} held-out questions per task (validation loss), by steps`);
  console.log(`without any: ${await accuracy(setup, { model: setup.subject.model })}\n`);
  header(LONGER);
  const tried = [
    [prompt(20), 0.03],
    [prefix(20), 0.01],
    [adapter, lora.learningRate],
  ] as const;
  for (const [{ name, tune }, rate] of tried) {
    const cells: string[] = [];
    for (const steps of LONGER) {
      const tuned = await tune(setup, rate, steps);
      cells.push(`${await accuracy(setup, tuned.arm)} (${loss(tuned)})`);
    }
    console.log(`| ${name}, ${rate} | ${cells.join(' | ')} |`);
  }
}

async function accuracy({ engine, loaded, tasks }: Setup, arm: Arm): Promise<string> {
  const scorer = createAnswerer(engine, arm);
  try {
    const answers = await answerTasks(scorer, loaded.tokenizer, tasks, ITEMS);
    const correct = [answers.map((answer) => (answer.correct ? 1 : 0))];
    const { mean } = accuracies({ tasks: answers.map(({ task }) => task), correct }).mean;
    return `${(100 * mean).toFixed(1)}%`;
  } finally {
    await scorer.release();
  }
}

const [wanted] = process.argv.slice(2);
await withCompressedStarter(async (setup) => {
  if (wanted !== 'longer') await rates(setup);
  if (wanted !== 'rates') await longer(setup);
});
