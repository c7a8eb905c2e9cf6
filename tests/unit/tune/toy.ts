import { createSchedule } from '../../../src/core/tune/schedule.ts';
import { type TrainOptions, train } from '../../../src/core/tune/train.ts';

export const STEPS = 40;

/** Noisy ½‖p − target‖² whose every step is a checkpoint in `dir`; the same numbers every time. */
export function trainToy(dir: string, change: Partial<TrainOptions> = {}) {
  const target = Float32Array.of(3, -1, 0.5);
  const p = Float32Array.of(0, 0, 0);
  return train({
    parameters: { p },
    step: async ({ index, random }) => {
      const gradient = p.map((x, i) => x - target[i]! + 0.3 * random.normal() + 0.01 * (index % 5));
      const loss = 0.5 * gradient.reduce((sum, g) => sum + g * g, 0);
      return { loss, gradients: { p: gradient } };
    },
    validate: async () => 0.5 * p.reduce((sum, x, i) => sum + (x - target[i]!) ** 2, 0),
    validateEvery: 7,
    steps: STEPS,
    schedule: createSchedule({ kind: 'cosine', peak: 0.3, warmup: 5, steps: STEPS }),
    seed: 5,
    checkpoint: { dir, identity: { toy: 1 }, everySteps: 1 },
    ...change,
  });
}
