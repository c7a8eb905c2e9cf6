import { expect, it } from 'vitest';
import { openDevice } from '../../../src/core/engine/devices.ts';
import { createContinuations, noAdaptation } from '../../../src/core/generate/continue.ts';
import { createGenerator } from '../../../src/core/generate/generate.ts';
import { createRandom } from '../../../src/core/random.ts';
import { stackBank } from '../../../src/core/select/bank.ts';
import { promptAdaptation } from '../../../src/core/tune/prompt.ts';
import { plainModel } from '../engine/programs.ts';

const engine = await openDevice('cpu', { threads: 1 });
const texts = [[5, 9, 33, 2], [7], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
const TOKENS = 6;

async function generated(bank?: ReturnType<typeof stackBank>): Promise<number[][]> {
  const arm = bank
    ? { model: plainModel, bank, selector: { kind: 'fixed', prompt: 0 } as const }
    : { model: plainModel };
  const generator = createGenerator(engine, arm);
  const all: number[][] = [];
  for (const text of texts) {
    const ids: number[] = [];
    for await (const id of generator.generate(text, { maxTokens: TOKENS })) ids.push(id);
    all.push(ids);
  }
  await generator.release();
  return all;
}

it('a batch goes on as each text alone, with and without a prompt in training', async () => {
  const continuations = createContinuations(engine, { texts, tokens: TOKENS, stop: [] });
  expect(await continuations.of(noAdaptation(plainModel), {})).toEqual(await generated());
  const { hiddenSize: width } = plainModel.config;
  const adaptation = promptAdaptation(plainModel, 3);
  const random = createRandom(3);
  for (let trial = 0; trial < 2; trial++) {
    const embeddings = Float32Array.from({ length: 3 * width }, () => random.normal());
    const bank = stackBank([{ name: 'p', tokens: 3, width, embeddings }]);
    const answers = await continuations.of(adaptation, { prompt: embeddings });
    expect(answers).toEqual(await generated(bank));
  }
  await continuations.release();
});

it('a text ends before a stop token, the others go on', async () => {
  const [first] = await generated();
  const stop = [first![2]!];
  const continuations = createContinuations(engine, { texts, tokens: TOKENS, stop });
  const answers = await continuations.of(noAdaptation(plainModel), {});
  expect(answers[0]).toEqual(first!.slice(0, first!.indexOf(stop[0]!)));
  expect(answers.flat()).not.toContain(stop[0]);
  await continuations.release();
});
