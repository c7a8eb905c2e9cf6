import { expect, test } from 'vitest';
import { verdict } from '../../../src/main/compute/verdict.ts';
import type { ArmId, ArmRecovery, ArmResult } from '../../../src/shared/results.ts';

const result = (id: ArmId, recovery: ArmRecovery | null): ArmResult => ({
  arm: { id, label: id === 'lora' ? '+ LoRA' : id, weightsHash: 'h' },
  tasks: {},
  mean: { mean: 0.5, standardError: 0.01, count: 100 },
  perplexity: null,
  extraParameters: id === 'lora' ? 12_288 : 3072,
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

const PARAMETERS = 2_560_000;
const base = [result('original', null), result('compressed', null)];

test('says who repaired most when the intervals agree', () => {
  const text = verdict(
    [...base, result('idp', recovered(0.2, 0.1, 0.3)), result('lora', recovered(0.7, 0.5, 0.9))],
    PARAMETERS,
  );
  expect(text).toBe(
    'Compression cost 20.0 points of accuracy. The prompt bank with dynamic selection brought back ' +
      '4.0 of them (20%, 95% interval 10% to 30%) with 0.12% extra parameters; LoRA brought back ' +
      '14.0 of them (70%, 95% interval 50% to 90%) with 0.48% extra parameters. LoRA repaired most.',
  );
});

test('does not call a winner where intervals overlap', () => {
  const text = verdict(
    [...base, result('prompt', recovered(0.3, 0.1, 0.5)), result('lora', recovered(0.4, 0.2, 0.6))],
    PARAMETERS,
  );
  expect(text).toContain('LoRA repaired most, but is not told apart from the best single prompt.');
});

const difference = (low: number, high: number) => ({
  value: (low + high) / 2,
  interval: { low, high, level: 0.95 },
});
const pair = (first: ArmId, second: ArmId, low: number, high: number) => ({
  ...{ first, second, pValue: 0.5, tasks: {} },
  difference: difference(low, high),
});

test('tells arms apart by what they differ by on the same inputs, where that is known', () => {
  const arms = [
    ...base,
    result('prompt', recovered(0.3, 0.1, 0.5)),
    result('lora', recovered(0.4, 0.2, 0.6)),
  ];
  const apart = [pair('compressed', 'lora', 0.05, 0.12), pair('prompt', 'lora', 0.01, 0.03)];
  expect(verdict(arms, PARAMETERS, apart)).toContain('LoRA repaired most.');
  const turned = [arms[0]!, arms[1]!, arms[3]!, arms[2]!];
  const other = [apart[0]!, pair('lora', 'prompt', -0.03, -0.01)];
  expect(verdict(turned, PARAMETERS, other)).toContain('LoRA repaired most.');
  const alike = [apart[0]!, pair('prompt', 'lora', -0.01, 0.05)];
  expect(verdict(arms, PARAMETERS, alike)).toContain('not told apart from the best single prompt.');
});

test('a gain can be sure where the share of a small loss is not', () => {
  const unbounded = { kind: 'unbounded', lost: 0.01, regained: 0.008, share: 0.8 } as const;
  const arms = [
    ...base,
    result('idp', { ...recovered(0.3, -1, 3), regained: 0.003 } as ArmRecovery),
    result('lora', unbounded),
  ];
  const compared = [pair('compressed', 'lora', 0.002, 0.014), pair('idp', 'lora', -0.01, 0.01)];
  expect(verdict(arms, PARAMETERS, compared)).toContain(
    'LoRA repaired most, but is not told apart from the prompt bank with dynamic selection.',
  );
});

test('claims no repair where the interval reaches zero', () => {
  const text = verdict([...base, result('idp', recovered(0.1, -0.1, 0.3))], PARAMETERS);
  expect(text).toContain('No repair is certain to be better than none.');
});

test('says so when compression lost nothing', () => {
  const text = verdict(
    [...base, result('idp', { kind: 'nothing-lost', lost: 0, regained: 0 })],
    PARAMETERS,
  );
  expect(text).toContain('nothing to regain');
});

test('says so when a repair made it worse', () => {
  const text = verdict([...base, result('lora', recovered(-0.1, -0.2, 0))], PARAMETERS);
  expect(text).toContain('LoRA lost another 2.0 (-10%, 95% interval -20% to 0%) with 0.48%');
});

test('says on how many tasks the bank and LoRA can be told apart', () => {
  const arms = [
    ...base,
    result('idp', recovered(0.2, 0.1, 0.3)),
    result('lora', recovered(0.7, 0.5, 0.9)),
  ];
  const tasks = {
    a: { difference: 0.1, pValue: 0.2, adjusted: 0.4 },
    b: { difference: 0.3, pValue: 0.001, adjusted: 0.003 },
    c: { difference: -0.3, pValue: 0.001, adjusted: 0.003 },
  };
  const interval = { low: 0, high: 0.1, level: 0.95 };
  const difference = { value: 0.05, interval };
  const comparison = { first: 'idp', second: 'lora', difference, pValue: 0.1, tasks } as const;
  expect(verdict(arms, PARAMETERS, [comparison])).toContain(
    'The prompt bank with dynamic selection is not distinguishable from LoRA on 1 of 3 tasks, ' +
      'better on 1 and worse on 1.',
  );
  const alike = { ...comparison, tasks: { a: tasks.a } };
  expect(verdict(arms, PARAMETERS, [alike])).toContain('from LoRA on 1 of 1 tasks.');
});
