import { expect, test } from 'vitest';
import { relativeError } from '../../../src/core/compress/hessian.ts';
import { makeHessian, makeLayer } from './layer.ts';

/** Σ‖(W − Q)x‖² / Σ‖Wx‖² over the calibration inputs themselves. */
function measured(weight: Float32Array, changed: Float32Array, inputs: Float32Array, n: number) {
  let [lost, whole] = [0, 0];
  for (let t = 0; t < inputs.length; t += n)
    for (let o = 0; o < weight.length; o += n) {
      let [difference, output] = [0, 0];
      for (let i = 0; i < n; i++) {
        difference += (weight[o + i]! - changed[o + i]!) * inputs[t + i]!;
        output += weight[o + i]! * inputs[t + i]!;
      }
      lost += difference ** 2;
      whole += output ** 2;
    }
  return lost / whole;
}

// SmolLM2's width is 576 and Qwen2.5-0.5B's 896: no multiple of the rows that are measured together.
test.each([1, 255, 256, 257, 576, 896])('the error of a layer of %i rows', async (out) => {
  const shape = { out, in: 16, tokens: 24, sequences: 3, dead: [] };
  const { weight, inputs } = makeLayer(out, shape);
  const changed = weight.map((value, i) => (i % 3 === 0 ? 0 : value));
  const hessian = await makeHessian(inputs, shape);
  const error = await relativeError(weight, changed, hessian, shape.in);
  expect(error).toBeCloseTo(measured(weight, changed, inputs, shape.in), 5);
});
