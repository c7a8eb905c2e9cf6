import { describe, expect, test } from 'vitest';
import { compressorOf } from '../../../src/core/compress/methods.ts';
import { type CompressionOptions, describeCompression } from '../../../src/shared/compression.ts';
import golden from '../../fixtures/pruning/golden.json' with { type: 'json' };
import { makeHessian, makeLayer } from './layer.ts';

const shape = golden.layer;
const { weight, inputs } = makeLayer(golden.seed, shape);
const hessian = await makeHessian(inputs, shape);

/** Hex of one bit per weight, set where it is 0, the first in the highest. */
function zerosOf(row: Float32Array): string {
  const bytes = new Uint8Array(row.length / 8);
  row.forEach((value, i) => {
    if (value === 0) bytes[i >> 3]! |= 0x80 >> (i & 7);
  });
  return Buffer.from(bytes).toString('hex');
}

describe('golden values of the numpy reference', () => {
  for (const expected of golden.cases) {
    const options = expected.options as CompressionOptions;
    test(describeCompression(options), async () => {
      const found = await compressorOf(options).compress({ ...shape, weight, hessian });
      const rows = expected.zeros.map((_, o) =>
        zerosOf(found.weight.subarray(o * shape.in, (o + 1) * shape.in)),
      );
      expect(rows).toEqual(expected.zeros);
      expect(Math.abs(found.error / expected.error - 1)).toBeLessThan(1e-4);
      const worst = (expected.weight ?? []).reduce(
        (max, value, i) => Math.max(max, Math.abs(value - found.weight[i]!)),
        0,
      );
      expect(worst).toBeLessThan(1e-5);
    });
  }
});
