import { describe, expect, test } from 'vitest';
import { gptq } from '../../../src/core/compress/gptq.ts';
import type { GptqOptions } from '../../../src/core/compress/quantized.ts';
import { rtn } from '../../../src/core/compress/rtn.ts';
import golden from '../../fixtures/gptq/golden.json' with { type: 'json' };
import { makeHessian, makeLayer } from './layer.ts';

const shape = golden.layer;
const { weight, inputs } = makeLayer(golden.seed, shape);
const hessian = await makeHessian(inputs, shape);

const hex = (row: string) =>
  Uint8Array.from(row.match(/../g)!, (pair) => Number.parseInt(pair, 16));

describe('golden values of the numpy reference', () => {
  for (const expected of golden.cases) {
    const { method, bits, groupSize, symmetric, actOrder, staticGroups, mse } = expected.options;
    const flags = Object.entries({ symmetric, actOrder, staticGroups, mse });
    const shown = flags.flatMap(([name, on]) => (on ? [name] : [])).join(' ');
    test(`${method} ${bits}-bit group ${groupSize} ${shown}`, async () => {
      const options = expected.options as GptqOptions;
      const compressor = (method === 'rtn' ? rtn : gptq)(options);
      const { quantized, error } = await compressor.compress({ ...shape, weight, hessian });
      const q = quantized!;
      expect([...q.gIdx]).toEqual(expected.gIdx);
      expect([...q.scales]).toEqual(expected.scales);
      expect([...q.zeros]).toEqual(expected.zeros);
      for (const [o, row] of expected.codes.entries())
        expect(q.codes.subarray(o * shape.in, (o + 1) * shape.in)).toEqual(hex(row));
      expect(Math.abs(error / expected.error - 1)).toBeLessThan(1e-5);
    });
  }
});
