import { describe, expect, it } from 'vitest';
import { clipGradients, createAdamW } from '../../../src/core/tune/adamw.ts';
import golden from '../../fixtures/adamw/golden.json' with { type: 'json' };

const arrays = (record: { weight: number[]; gain: number[] }) => ({
  weight: Float32Array.from(record.weight),
  gain: Float32Array.from(record.gain),
});

const options = { beta2: 0.95, weightDecay: 0.1, decay: (name: string) => name === 'weight' };

function largestRelativeError(actual: Float32Array, expected: readonly number[]): number {
  return Math.max(
    ...expected.map((e, i) => Math.abs(actual[i]! - e) / Math.max(1e-3, Math.abs(e))),
  );
}

describe('AdamW', () => {
  it('follows PyTorch step by step', () => {
    const parameters = arrays(golden.start);
    const optimizer = createAdamW(parameters, options);
    golden.gradients.forEach((gradients, step) => {
      optimizer.step(arrays(gradients), golden.rates[step]!);
      const expected = golden.trajectory[step]!;
      expect(largestRelativeError(parameters.weight, expected.weight)).toBeLessThan(2e-6);
      expect(largestRelativeError(parameters.gain, expected.gain)).toBeLessThan(2e-6);
    });
  });

  it('continues bit for bit from a restored state', () => {
    const whole = arrays(golden.start);
    const first = createAdamW(whole, options);
    golden.gradients.forEach((g, i) => {
      first.step(arrays(g), golden.rates[i]!);
    });

    const parts = arrays(golden.start);
    const before = createAdamW(parts, options);
    golden.gradients.slice(0, 5).forEach((g, i) => {
      before.step(arrays(g), golden.rates[i]!);
    });
    const after = createAdamW(parts, options);
    after.restore(before.state());
    golden.gradients.slice(5).forEach((g, i) => {
      after.step(arrays(g), golden.rates[i + 5]!);
    });
    expect(parts).toEqual(whole);
    expect(after.state()).toEqual(first.state());
  });

  it('names the parameter whose gradient is missing or of another length', () => {
    const optimizer = createAdamW({ weight: new Float32Array(3) });
    expect(() => optimizer.step({}, 1)).toThrow('weight: no values where 3 belong');
    expect(() => optimizer.step({ weight: new Float32Array(2) }, 1)).toThrow('weight: 2 values');
  });
});

describe('clipGradients', () => {
  it('scales to the global norm as PyTorch does and returns the norm before', () => {
    const [a, b] = golden.clip.before.map((g) => Float32Array.from(g));
    const norm = clipGradients({ a: a!, b: b! }, 1);
    expect(norm).toBeCloseTo(golden.clip.norm, 5);
    expect(largestRelativeError(a!, golden.clip.after[0]!)).toBeLessThan(2e-6);
    expect(largestRelativeError(b!, golden.clip.after[1]!)).toBeLessThan(2e-6);
  });

  it('leaves small gradients alone, and reports the ones that are not finite unchanged', () => {
    const small = Float32Array.of(0.3, 0.4);
    expect(clipGradients({ small }, 1)).toBeCloseTo(0.5, 6);
    expect(small).toEqual(Float32Array.of(0.3, 0.4));
    const bad = Float32Array.of(1, Number.NaN);
    expect(clipGradients({ bad }, 1)).toBeNaN();
    expect(bad[0]).toBe(1);
    expect(clipGradients({ bad: Float32Array.of(Number.POSITIVE_INFINITY) }, 1)).toBe(Infinity);
  });
});
