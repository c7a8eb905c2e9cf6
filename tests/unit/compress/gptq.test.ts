import { describe, expect, test } from 'vitest';
import { gptq } from '../../../src/core/compress/gptq.ts';
import type { GptqOptions, LinearProblem } from '../../../src/core/compress/quantized.ts';
import { rtn } from '../../../src/core/compress/rtn.ts';
import { BITS } from '../../../src/shared/compression.ts';
import { makeHessian, makeLayer } from './layer.ts';

const shape = { out: 24, in: 160, tokens: 400, sequences: 4, dead: [3, 77] };
const { weight, inputs } = makeLayer(99, shape);
const hessian = await makeHessian(inputs, shape);

const defaults: GptqOptions = {
  bits: 4,
  groupSize: 32,
  symmetric: false,
  mse: false,
  actOrder: false,
  staticGroups: false,
  damping: 0.01,
};
const problem = { ...shape, weight, hessian };
const solve = (options: Partial<GptqOptions> = {}, changes: Partial<LinearProblem> = {}) =>
  gptq({ ...defaults, ...options }).compress({ ...problem, ...changes });

describe('GPTQ', () => {
  for (const bits of BITS)
    for (const groupSize of [-1, 16, 80])
      for (const actOrder of [false, true])
        test(`beats round-to-nearest: ${bits}-bit group ${groupSize}${actOrder ? ' act-order' : ''}`, async () => {
          const [solved, rounded] = await Promise.all([
            solve({ bits, groupSize, actOrder }),
            rtn({ ...defaults, bits, groupSize }).compress(problem),
          ]);
          expect(solved.error).toBeLessThan(rounded.error);
        });

  test('reports the error that the inputs really see', async () => {
    const { weight: dense, error } = await solve({ bits: 3 });
    let [lost, whole] = [0, 0];
    for (let t = 0; t < shape.tokens; t++)
      for (let o = 0; o < shape.out; o++) {
        let [y, difference] = [0, 0];
        for (let i = 0; i < shape.in; i++) {
          const x = inputs[t * shape.in + i]!;
          y += weight[o * shape.in + i]! * x;
          difference += (weight[o * shape.in + i]! - dense[o * shape.in + i]!) * x;
        }
        lost += difference ** 2;
        whole += y ** 2;
      }
    expect(Math.abs(error / (lost / whole) - 1)).toBeLessThan(1e-4);
  });

  test('act-order keeps every group full, most active columns first', async () => {
    const { gIdx, scales } = (await solve({ actOrder: true })).quantized!;
    expect(scales.length).toBe((shape.in / 32) * shape.out);
    const energy = (i: number) => hessian[i * shape.in + i]! || 1;
    for (let group = 0; group < shape.in / 32; group++) {
      const members = [...gIdx.keys()].filter((i) => gIdx[i] === group);
      expect(members.length).toBe(32);
      const later = [...gIdx.keys()].filter((i) => gIdx[i]! > group);
      const least = Math.min(...members.map(energy));
      for (const i of later) expect(energy(i)).toBeLessThanOrEqual(least);
    }
  });

  test('static groups keep the natural columns under act-order', async () => {
    const { gIdx } = (await solve({ actOrder: true, staticGroups: true })).quantized!;
    expect([...gIdx]).toEqual([...gIdx.keys()].map((i) => Math.floor(i / 32)));
  });

  test('dead columns decode to zero', async () => {
    const { weight: dense } = await solve({ actOrder: true });
    for (let o = 0; o < shape.out; o++)
      for (const i of shape.dead) expect(dense[o * shape.in + i]).toBe(0);
  });

  test('a singular Hessian raises the damping and says so', async () => {
    const few = { ...shape, tokens: 16, sequences: 2, dead: [] };
    const singular = await makeHessian(makeLayer(5, few).inputs, few);
    expect((await solve({ damping: 0 }, { hessian: singular })).damping).toBe(0.01);
    expect((await solve()).damping).toBe(0.01);
    const indefinite = hessian.slice();
    indefinite[1] = 50 * indefinite[0]!;
    indefinite[shape.in] = indefinite[1]!;
    const raised = await solve({}, { hessian: indefinite });
    expect(raised.damping).toBeGreaterThan(0.01);
  });

  test('activations that are not numbers are refused', async () => {
    const broken = hessian.slice().fill(Number.NaN, 5, 6);
    await expect(solve({}, { hessian: broken })).rejects.toMatchObject({
      code: 'QUANTIZATION_INVALID',
      field: 'calibration',
    });
  });

  test('changes neither the weight nor the Hessian', async () => {
    const before = [weight.slice(), hessian.slice()];
    await solve({ actOrder: true });
    expect([weight, hessian]).toEqual(before);
  });
});
