import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { createSchedule } from '../../../src/core/tune/schedule.ts';
import { type TrainOptions, type TrainResult, train } from '../../../src/core/tune/train.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-train-'));
});
afterEach(() => rm(dir, { recursive: true }));

const STEPS = 40;

/** Noisy ½‖p − target‖² with minibatches that depend on the index and on the generator. */
function quadratic(change: Partial<TrainOptions> = {}): TrainOptions {
  const target = Float32Array.of(3, -1, 0.5);
  const p = Float32Array.of(0, 0, 0);
  const parameters = { p };
  return {
    parameters,
    step: async ({ index, random }) => {
      const gradient = p.map((x, i) => x - target[i]! + 0.3 * random.normal() + 0.01 * (index % 5));
      return {
        loss: 0.5 * gradient.reduce((sum, g) => sum + g * g, 0),
        gradients: { p: gradient },
      };
    },
    validate: async () => 0.5 * p.reduce((sum, x, i) => sum + (x - target[i]!) ** 2, 0),
    validateEvery: 7,
    steps: STEPS,
    schedule: createSchedule({ kind: 'cosine', peak: 0.3, warmup: 5, steps: STEPS }),
    seed: 5,
    optimizer: { weightDecay: 0.01 },
    ...change,
  };
}

const checkpoint = (everySteps = 3) => ({ dir, identity: { toy: 1 }, everySteps });

/** Stops the run as soon as `after` steps are done. */
function stopAfter(after: number): Partial<TrainOptions> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: ({ step }) => {
      if (step === after) controller.abort();
    },
  };
}

describe('train', () => {
  it('finds the minimum, and returns the best-validated parameters', async () => {
    const { best, history, parameters } = await train(quadratic());
    expect(parameters['p']![0]).toBeCloseTo(3, 0);
    expect(history.map(({ step }) => step)).toEqual([0, 7, 14, 21, 28, 35, 40]);
    const least = Math.min(...history.map(({ validation }) => validation!));
    expect(best!.validation).toBe(least);
    expect(history.find(({ step }) => step === best!.step)!.validation).toBe(least);
  });

  it('returns the last parameters when there is no validation', async () => {
    const { validate: _, ...options } = quadratic();
    const { best, parameters, history } = await train(options);
    expect(best).toBeUndefined();
    expect(parameters).toBe(options.parameters);
    expect(history[0]).toMatchObject({ step: 7, validation: null });
  });

  it('keeps the start when training only makes it worse', async () => {
    let calls = 0;
    const worse = await train(quadratic({ validate: async () => calls++ }));
    expect(worse.best).toEqual({ step: 0, validation: 0 });
    expect(worse.parameters['p']).toEqual(Float32Array.of(0, 0, 0));
  });

  it.each([1, 7, 20, 39])(
    'stopped after %i steps and resumed, gives the same bits',
    async (after) => {
      const whole = quadratic();
      const expected = await train(whole);
      const stopped = train(quadratic({ checkpoint: checkpoint(), ...stopAfter(after) }));
      await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
      const resumed = quadratic({ checkpoint: checkpoint() });
      expect(await train(resumed)).toEqual(expected);
      expect(resumed.parameters).toEqual(whole.parameters);
    },
  );

  it('killed between checkpoints repeats the lost steps to the same bits', async () => {
    const expected = await train(quadratic());
    const options = quadratic({ checkpoint: checkpoint(10) });
    const { step } = options;
    const killed = train({
      ...options,
      step: (at) => (at.index === 16 ? Promise.reject(new Error('killed')) : step(at)),
    });
    await expect(killed).rejects.toThrow('killed');
    await writeFile(join(dir, '.step-000000015.state.0e1f.part'), 'half');
    expect((await readdir(dir)).filter((name) => !name.startsWith('.'))).toEqual([
      'step-000000010.state',
    ]);
    expect(await train(quadratic({ checkpoint: checkpoint(10) }))).toEqual(expected);
    expect((await readdir(dir)).toSorted()).toEqual([
      'step-000000030.state',
      'step-000000040.state',
    ]);
  });

  it.each([1, 7, 20])(
    'asked to finish in step %i, ends there with the best so far',
    async (after) => {
      const finish = new AbortController();
      const cut = quadratic({
        checkpoint: checkpoint(),
        finish: finish.signal,
        onProgress: ({ step }) => {
          if (step === after) finish.abort();
        },
      });
      const result = await train(cut);
      expect(result.stoppedAt).toBe(after);
      expect(result.history.at(-1)!.step).toBe(after);
      const least = Math.min(...result.history.map(({ validation }) => validation!));
      expect(result.best!.validation).toBe(least);
      // Asked again after a crash, it is the same without a step.
      const step = () => Promise.reject(new Error('stepped'));
      const again = quadratic({ checkpoint: checkpoint(), finish: finish.signal, step });
      expect(await train(again)).toEqual(result);
    },
  );

  it('asked to finish before it began, takes one step', async () => {
    const result = await train(quadratic({ finish: AbortSignal.abort() }));
    expect(result.stoppedAt).toBe(1);
  });

  it('shows its parameters before, now and then, and those it keeps', async () => {
    const looks: [number, number][] = [];
    const watch = {
      every: 15,
      look: async (step: number, { p }: TrainResult['parameters']) =>
        void looks.push([step, p![0]!]),
    };
    const { parameters } = await train(quadratic({ watch }));
    expect(looks.map(([step]) => step)).toEqual([0, 15, 30, 40]);
    expect(looks[0]).toEqual([0, 0]);
    expect(looks.at(-1)).toEqual([40, parameters['p']![0]]);
  });

  it('finished before, returns the same without a step', async () => {
    const first = await train(quadratic({ checkpoint: checkpoint() }));
    const step = () => Promise.reject(new Error('stepped'));
    expect(await train(quadratic({ checkpoint: checkpoint(), step }))).toEqual(first);
  });

  it('falls back to the checkpoint before a damaged one, and says so', async () => {
    const expected = await train(quadratic({ checkpoint: checkpoint() }));
    const [older, newest, ...rest] = (await readdir(dir)).toSorted();
    expect([older, newest, rest]).toEqual(['step-000000039.state', 'step-000000040.state', []]);
    const random = createRandom(1);
    const sound = await readFile(join(dir, newest!));
    for (let trial = 0; trial < 20; trial++) {
      const damaged = Buffer.from(sound);
      damaged[random.integer(damaged.length)]! ^= 1 << random.integer(8);
      await writeFile(join(dir, newest!), damaged);
      const notices: string[] = [];
      const result = await train(
        quadratic({ checkpoint: checkpoint(), onNotice: (message) => notices.push(message) }),
      );
      expect(result).toEqual(expected);
      expect(notices).toHaveLength(1);
      expect(notices[0]).toMatch(/step-000000040\.state is damaged .* going on from step 39/);
    }
    await writeFile(join(dir, newest!), sound.subarray(0, 100));
    await writeFile(join(dir, older!), '');
    const notices: string[] = [];
    await train(quadratic({ checkpoint: checkpoint(), onNotice: (m) => notices.push(m) }));
    expect(notices).toHaveLength(2);
    expect(notices[1]).toMatch(/starting again/);
  });

  it('does not keep damaged checkpoints of steps to come in place of sound ones', async () => {
    await train(quadratic({ checkpoint: checkpoint() }));
    await writeFile(join(dir, 'step-000000040.state'), 'damaged');
    await writeFile(join(dir, 'step-000000039.state'), 'damaged');
    const stopped = train(quadratic({ checkpoint: checkpoint(), ...stopAfter(8) }));
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await readdir(dir)).toSorted()).toEqual([
      'step-000000006.state',
      'step-000000008.state',
    ]);
  });

  it('refuses the checkpoints of other settings', async () => {
    await train(quadratic({ checkpoint: checkpoint() }));
    const other = { ...checkpoint(), identity: { toy: 2 } };
    await expect(train(quadratic({ checkpoint: other }))).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      file: dir,
    });
  });

  it.each([
    ['loss', { loss: Number.NaN, gradients: { p: new Float32Array(3) } }],
    ['gradient', { loss: 1, gradients: { p: Float32Array.of(0, Infinity, 0) } }],
  ])('stops at a %s that is not finite, parameters unspoiled', async (_, bad) => {
    const options = quadratic();
    const { step } = options;
    const run = train({
      ...options,
      step: (at) => (at.index === 9 ? Promise.resolve(bad) : step(at)),
    });
    await expect(run).rejects.toMatchObject({
      code: 'TRAINING_DIVERGED',
      message: expect.stringContaining('after 9 steps'),
      next: expect.stringContaining('learning rate'),
    });
    expect(options.parameters['p']!.every(Number.isFinite)).toBe(true);
  });

  it('says when checkpoints cannot be written', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const step = () => Promise.reject(new Error('stepped'));
    const run = train(
      quadratic({ checkpoint: { ...checkpoint(), dir: join(file, 'inside') }, step }),
    );
    await expect(run).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });

  it('reports every step', async () => {
    const seen: number[] = [];
    await train(
      quadratic({
        onProgress: ({ step, steps, secondsLeft, validation }) => {
          seen.push(step);
          expect(steps).toBe(STEPS);
          expect(secondsLeft).toBeGreaterThanOrEqual(0);
          expect(validation !== undefined).toBe(step % 7 === 0 || step === STEPS);
        },
      }),
    );
    expect(seen).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });
});
