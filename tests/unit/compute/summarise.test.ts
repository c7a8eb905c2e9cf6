import { expect, test } from 'vitest';
import { type ArmMeasurements, summarise } from '../../../src/main/compute/summarise.ts';
import type { ArmId } from '../../../src/shared/results.ts';

/** Two tasks of 40 and 10 inputs; `right` of each ten are answered rightly. */
const tasks = [...Array(40).fill('big'), ...Array(10).fill('small')] as string[];
const answers = (right: number) => tasks.map((_, i) => (i % 10 < right ? 1 : 0));

const arm = (id: ArmId, ...right: number[]): ArmMeasurements => ({
  arm: { id, label: id, weightsHash: id },
  scored: { tasks, correct: right.map(answers) },
  perplexity: 10,
  extraParameters: 0,
  bytesOnDisk: 1,
  bytesInMemory: 1,
});

const compared = { seeds: [1], parameters: 1000, stopped: new Map<string, string>() };
const bootstrap = { resamples: 500, seed: 1 };

test('tasks weigh the same and recovery is the share of the loss that came back', () => {
  const { arms } = summarise(
    [arm('original', 9), arm('compressed', 5), arm('idp', 7)],
    compared,
    bootstrap,
  );
  expect(arms.map(({ mean }) => mean.mean)).toEqual([0.9, 0.5, 0.7]);
  expect(arms[0]!.tasks['small']!.count).toBe(10);
  expect(arms[0]!.recovery).toBeNull();
  expect(arms[1]!.recovery).toBeNull();
  const { recovery } = arms[2]!;
  expect(recovery).toMatchObject({ kind: 'recovered' });
  if (recovery?.kind !== 'recovered') return;
  expect(recovery.share).toBeCloseTo(0.5, 12);
  expect(recovery.lost).toBeCloseTo(0.4, 12);
  expect(recovery.interval.low).toBeLessThan(0.5);
  expect(recovery.interval.high).toBeGreaterThan(0.5);
});

test('several seeds are averaged per input and widen the interval', () => {
  const baseline = [arm('original', 9), arm('compressed', 5)];
  const several = { ...compared, seeds: [1, 2, 3] };
  const one = summarise([...baseline, arm('lora', 7, 7, 7)], several, bootstrap);
  const spread = summarise([...baseline, arm('lora', 5, 7, 9)], several, bootstrap);
  expect(spread.arms[2]!.mean.mean).toBeCloseTo(one.arms[2]!.mean.mean, 12);
  // Accuracies of 0.5, 0.7 and 0.9 have a standard error of 0.2 / √3.
  expect(spread.arms[2]!.mean.standardError).toBeGreaterThan(0.2 / Math.sqrt(3));
  expect(one.arms[2]!.mean.standardError).toBeLessThan(0.1);
  const width = ({ arms }: typeof one) => {
    const { recovery } = arms[2]!;
    return recovery?.kind === 'recovered' ? recovery.interval.high - recovery.interval.low : 0;
  };
  expect(width(spread)).toBeGreaterThan(1.5 * width(one));
});

test('the same measurements give the same results, in JSON too', () => {
  const arms = [arm('original', 9), arm('compressed', 5), arm('idp', 7)];
  const first = summarise(arms, compared, bootstrap);
  expect(summarise(arms, compared, bootstrap)).toEqual(first);
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
});

test('tuning that was stopped early is said first, with how far it came', () => {
  const arms = [arm('original', 9), arm('compressed', 5), arm('idp', 7)];
  const stopped = new Map([['bank@1', 'stopped early at step 5 of 120 of prompt 1 of 3']]);
  const { verdict, stoppedEarly } = summarise(arms, { ...compared, stopped }, bootstrap);
  expect(verdict).toMatch(/^Tuning was stopped early\. Compression cost 40\.0 points/);
  expect(stoppedEarly).toEqual(Object.fromEntries(stopped));
});
