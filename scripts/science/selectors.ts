/**
 * `npm run science:selectors [-- SEEDS ITEMS]`: does anything choose a prompt better than chance?
 * Tunes banks in several ways on the compressed starter and asks the held-out questions under every
 * selector. Prints Markdown tables for docs/log.md.
 */
import { answerTasks, type ItemAnswer } from '../../src/core/evaluate/answer.ts';
import { createSelectorFitter } from '../../src/core/evaluate/fit-selector.ts';
import { stackBank } from '../../src/core/select/bank.ts';
import { idpRouting } from '../../src/core/select/idp.ts';
import { type Selector, selectorParameters } from '../../src/core/select/selector.ts';
import { tuneBank } from '../../src/core/tune/bank.ts';
import { tuneJointly } from '../../src/core/tune/joint.ts';
import type { BankSplit } from '../../src/core/tune/shares.ts';
import type { SoftPrompt } from '../../src/core/tune/types.ts';
import { createAnswerer } from '../../src/main/compute/answerer.ts';
import {
  type BankAnswer,
  compareSelectors,
  type SelectedAnswers,
} from '../../src/main/compute/selectors.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import { type SelectorRecipe, selectorName } from '../../src/shared/recipe.ts';
import { printHeading, type Setup, withCompressedStarter } from './setup.ts';

const [seedCount = 1, items = 60] = process.argv.slice(2).map(Number);
const seeds = Array.from({ length: seedCount }, (_, seed) => seed);

interface Variant {
  readonly name: string;
  readonly bank: BankSplit;
  readonly batch: number;
  readonly joint?: boolean;
  readonly routing?: number;
}

const VARIANTS: readonly Variant[] = [
  { name: '3 families, in turn', bank: { by: 'family', count: 3 }, batch: 16 },
  { name: '9 families, in one pass', bank: { by: 'family', count: 9 }, batch: 8, joint: true },
  {
    name: '9 families, in one pass, routed',
    bank: { by: 'family', count: 9 },
    batch: 8,
    joint: true,
    routing: 0.3,
  },
  {
    name: 'clusters by silhouette, in one pass',
    bank: { by: 'clusters', count: 'auto' },
    batch: 8,
    joint: true,
  },
];

const SELECTORS: readonly SelectorRecipe[] = [
  ...[0, 1, 2, 3].map((layer) => ({ kind: 'idp', layer }) as const),
  ...[0, 1, 2, 3].map((layer) => ({ kind: 'idp-calibrated', layer }) as const),
  { kind: 'key', keys: 'prompts' },
  { kind: 'key', keys: 'centroids' },
  { kind: 'key', keys: 'learned' },
  { kind: 'classifier' },
  { kind: 'mixture', rank: 8 },
  { kind: 'fixed' },
];

async function tune(
  { subject, data }: Setup,
  { bank, batch, joint, routing }: Variant,
  seed: number,
): Promise<readonly SoftPrompt[]> {
  const { steps, learningRate, warmup, clip, weightDecay, tokens, init } = PRESETS.quick.tuning;
  const options = {
    steps,
    learningRate,
    warmup,
    clip,
    weightDecay,
    tokens,
    init,
    batch,
    bank,
    seed,
  };
  if (!joint) return (await tuneBank(subject, data(seed), options)).map(({ prompt }) => prompt);
  const routed = routing ? { routing: idpRouting(routing, 0) } : {};
  return (await tuneJointly(subject, data(seed), { ...options, ...routed })).prompts;
}

async function answers(
  { engine, loaded, tasks }: Setup,
  prompts: readonly SoftPrompt[],
  selector: Selector,
): Promise<ItemAnswer[]> {
  const scorer = createAnswerer(engine, {
    model: loaded.model,
    bank: stackBank(prompts),
    selector,
  });
  try {
    return await answerTasks(scorer, loaded.tokenizer, tasks, items);
  } finally {
    await scorer.release();
  }
}

/** Every prompt on every input, as the bounds need it. */
async function bankAnswers(setup: Setup, prompts: readonly SoftPrompt[]): Promise<BankAnswer[]> {
  const byPrompt: ItemAnswer[][] = [];
  for (const prompt of prompts.keys())
    byPrompt.push(await answers(setup, prompts, { kind: 'fixed', prompt }));
  const right = new Map(
    setup.tasks.flatMap(({ name, heldout }) =>
      heldout.map((item) => [`${name} ${item.id}`, 'choices' in item ? item.answer : undefined]),
    ),
  );
  return byPrompt[0]!.map(({ task, item }, i) => ({
    task,
    byPrompt: byPrompt.map((rows) => {
      const { correct, logLikelihoods } = rows[i]!;
      const answer = right.get(`${task} ${item}`);
      const logLikelihood =
        answer === undefined ? Math.max(...logLikelihoods) : logLikelihoods[answer]!;
      return { correct, logLikelihood };
    }),
  }));
}

async function compare(setup: Setup, variant: Variant): Promise<void> {
  const bySeed: BankAnswer[][] = [];
  const correct = new Map<SelectorRecipe, number[][]>(SELECTORS.map((wanted) => [wanted, []]));
  const parameters = new Map<SelectorRecipe, number>();
  let count = 0;
  for (const seed of seeds) {
    const prompts = await tune(setup, variant, seed);
    count = prompts.length;
    bySeed.push(await bankAnswers(setup, prompts));
    const { steps, batch, learningRate, warmup, clip, weightDecay } = PRESETS.quick.tuning;
    const options = { steps, batch, learningRate, warmup, clip, weightDecay, seed };
    const fitter = createSelectorFitter(setup.subject, prompts, setup.data(seed), options);
    for (const wanted of SELECTORS) {
      const selector = await fitter.fit(wanted);
      parameters.set(wanted, selectorParameters(selector));
      const given = await answers(setup, prompts, selector);
      correct.get(wanted)!.push(given.map((answer) => (answer.correct ? 1 : 0)));
    }
  }
  const selected = SELECTORS.map(
    (wanted): SelectedAnswers => ({
      kind: wanted.kind,
      name: selectorName(wanted),
      parameters: parameters.get(wanted)!,
      correct: correct.get(wanted)!,
    }),
  );
  console.log(`**${variant.name}** (${count} prompts)\n`);
  console.log('| who chooses | accuracy, % | over a random prompt (95% interval) |\n|---|---|---|');
  const points = (value: number) => `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)}`;
  for (const { name, mean, overRandom } of compareSelectors(bySeed, selected, {
    resamples: 2000,
    seed: 0,
  })) {
    const gain = overRandom
      ? `${points(overRandom.value)} (${points(overRandom.interval.low)} to ${points(overRandom.interval.high)})`
      : '–';
    console.log(`| ${name} | ${(100 * mean.mean).toFixed(1)} | ${gain} |`);
  }
  console.log('');
}

await withCompressedStarter(async (setup) => {
  printHeading(`seeds ${seeds.join(', ')}, ${items} held-out questions per task`);
  for (const variant of VARIANTS) await compare(setup, variant);
});
