import { expect, test } from 'vitest';
import { verdict } from '../../../src/main/compute/verdict.ts';
import type { ArmId, ArmRecovery, ArmResult } from '../../../src/shared/results.ts';

const result = (id: ArmId, recovery: ArmRecovery | null): ArmResult => ({
  arm: { id, label: id, weightsHash: 'h' },
  tasks: {},
  mean: { mean: 0.5, standardError: 0.01, count: 100 },
  perplexity: null,
  extraParameters: 0,
  bytesOnDisk: 0,
  bytesInMemory: 0,
  recovery,
});

const recovered = (share: number, low: number, high: number): ArmRecovery => ({
  kind: 'recovered',
  lost: 0.2,
  regained: 0.2 * share,
  share,
  interval: { low, high, level: 0.95 },
});

const base = [result('original', null), result('compressed', null)];

test('says who repaired most when the intervals agree', () => {
  const text = verdict([
    ...base,
    result('idp', recovered(0.2, 0.1, 0.3)),
    result('lora', recovered(0.7, 0.5, 0.9)),
  ]);
  expect(text).toBe(
    'Compression cost 20.0 points of accuracy. The prompt bank with dynamic selection regained 20% ' +
      'of that (95% interval 10% to 30%) and LoRA regained 70% of that (95% interval 50% to 90%). ' +
      'LoRA repaired most.',
  );
});

test('does not call a winner where intervals overlap', () => {
  const text = verdict([
    ...base,
    result('prompt', recovered(0.3, 0.1, 0.5)),
    result('lora', recovered(0.4, 0.2, 0.6)),
  ]);
  expect(text).toContain(
    'LoRA repaired most, but its interval overlaps with that of the best single',
  );
});

test('claims no repair where the interval reaches zero', () => {
  const text = verdict([...base, result('idp', recovered(0.1, -0.1, 0.3))]);
  expect(text).toContain('No repair is certain to be better than none.');
});

test('says so when compression lost nothing', () => {
  const text = verdict([...base, result('idp', { kind: 'nothing-lost', lost: 0, regained: 0 })]);
  expect(text).toContain('nothing to regain');
});
