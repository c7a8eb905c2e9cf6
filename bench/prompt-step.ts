/**
 * One prompt-gradient step, in a process of its own like PyTorch's beside it:
 * `prompt-step.ts BITS ACCURACY_LEVEL THREADS STEPS` prints one JSON line.
 */
import { createEngine } from '../src/core/engine/index.ts';
import { createRandom } from '../src/core/random.ts';
import { createObjective } from '../src/core/tune/objective.ts';
import { promptAdaptation } from '../src/core/tune/prompt.ts';
import { times } from './measure.ts';
import { withRandomModel } from './random-model.ts';
import { STEP } from './step-shape.ts';

const [bits, level, threads, steps] = process.argv.slice(2).map(Number) as [
  4 | 32,
  0 | 4,
  number,
  number,
];
const { layers, batch, length, tokens } = STEP;

await withRandomModel(layers, bits, async (model) => {
  const random = createRandom(2, 'step');
  const { hiddenSize, vocabularySize } = model.config;
  const ids = (count: number) =>
    Int32Array.from({ length: count }, () => random.integer(vocabularySize));
  const rows = Int32Array.from(
    { length: batch * length },
    (_, i) => Math.floor(i / length) * (tokens + length) + tokens - 1 + (i % length),
  );
  const parameters = {
    prompt: Float32Array.from({ length: tokens * hiddenSize }, () => random.normal()),
  };
  const objective = createObjective(
    await createEngine({ threads, accuracyLevel: level }),
    promptAdaptation(model, tokens),
  );
  const data = {
    size: batch,
    length,
    ids: ids(batch * length),
    rows,
    targets: ids(batch * length),
    weights: new Float32Array(batch * length).fill(1 / (batch * length)),
    scored: batch * length,
    groups: [],
    given: [],
  };
  const milliseconds = await times(() => objective.step(parameters, data), steps);
  console.log(JSON.stringify({ milliseconds }));
});
