import { expect, test } from 'vitest';
import { gptq } from '../../../src/core/compress/gptq.ts';
import { toKernelLayout } from '../../../src/core/compress/kernel-layout.ts';
import { quantizedMatMul } from '../../../src/core/engine/custom/quantized.ts';
import { createCompiledEngine } from '../../../src/core/engine/onnx/session.ts';
import { BITS } from '../../../src/shared/compression.ts';
import { makeHessian, makeLayer } from './layer.ts';

const shape = { out: 20, in: 96, tokens: 128, sequences: 2, dead: [] };
const { weight, inputs } = makeLayer(11, shape);
const hessian = await makeHessian(inputs, shape);
const rows = 7;
const x = inputs.slice(0, rows * shape.in);

/** x·Wᵀ in plain loops. */
function product(dense: Float32Array): Float32Array {
  const y = new Float32Array(rows * shape.out);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < shape.out; o++) {
      let sum = 0;
      for (let i = 0; i < shape.in; i++) sum += x[r * shape.in + i]! * dense[o * shape.in + i]!;
      y[r * shape.out + o] = sum;
    }
  return y;
}

const engine = createCompiledEngine({
  device: 'cpu',
  threads: 1,
  accuracyLevel: 0,
  mapFrom: Number.POSITIVE_INFINITY,
  widenUpTo: Number.POSITIVE_INFINITY,
});

for (const bits of BITS)
  for (const groupSize of [-1, 32, 48])
    test(`MatMulNBits computes what the solver solved, ${bits}-bit group ${groupSize}`, async () => {
      const options = {
        bits,
        groupSize,
        symmetric: false,
        mse: false,
        actOrder: true,
        staticGroups: false,
        damping: 0.01,
      };
      const solved = await gptq(options).compress({ ...shape, weight, hessian });
      const kernel = toKernelLayout(solved.quantized!);
      const executable = await engine.compile({
        name: 'linear',
        inputs: { x: { shape: [rows, shape.in], dtype: 'float32' } },
        build: (tensors) => ({ y: quantizedMatMul(tensors['x']!, kernel) }),
      });
      const { y } = await executable.run({ x });
      await executable.release();
      const expected = product(solved.weight);
      const largest = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - y![i]!)), 0);
      expect(worst / largest).toBeLessThan(1e-6);
    });
