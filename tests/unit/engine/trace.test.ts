import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32Bytes, toBFloat16, toFloat16 } from '../../../src/core/checkpoint/dtype.ts';
import { openSafetensors, writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { bucket } from '../../../src/core/engine/buckets.ts';
import { storedTensor } from '../../../src/core/engine/custom/stored.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import { checkGraph } from '../../../src/core/engine/graph/check.ts';
import type { Node } from '../../../src/core/engine/graph/graph.ts';
import { printGraph } from '../../../src/core/engine/graph/print.ts';
import { constantsFirst, constantsPerUse } from '../../../src/core/engine/graph/schedule.ts';
import type { Program } from '../../../src/core/engine/program.ts';
import { traceProgram } from '../../../src/core/engine/trace/trace.ts';
import { relativeError } from '../../support/compare.ts';

const program = (build: Program['build'], shape = [2, 3]): Program => ({
  name: 'test',
  inputs: { x: { shape, dtype: 'float32' } },
  build,
});

describe('tracing', () => {
  it('records kernels, folds constants of one value and drops what no output needs', () => {
    const graph = traceProgram(
      program(({ x }) => {
        tf.exp(x!); // unused
        return { y: tf.mul(tf.add(x!, tf.ones([2, 3])), 2), ones: tf.onesLike(x!) };
      }),
    );
    expect(printGraph(graph)).toBe(`graph test
  %0 = input x: float32[2,3]
  %1 = constant: float32[]
  %2 = constant: float32[]
  %3 = Add(%0, %1): float32[2,3]
  %4 = Mul(%3, %2): float32[2,3]
  %5 = Expand(%1): float32[2,3]
  output y = %4
  output ones = %5`);
  });

  it('gives the gradient that tfjs derives', () => {
    const graph = traceProgram(
      program(({ x }) => ({ dx: tf.grad((a) => tf.sum(tf.square(a)))(x!) })),
    );
    expect(printGraph(graph)).toBe(`graph test
  %0 = input x: float32[2,3]
  %1 = constant: float32[]
  %2 = constant: float32[]
  %3 = Mul(%0, %1): float32[2,3]
  %4 = Mul(%2, %3): float32[2,3]
  output dx = %4`);
  });

  it('names the kernel, shapes and dtypes that it does not know', () => {
    const cumulative = program(({ x }) => ({ y: tf.cumsum(x!, 1) }));
    expect(() => traceProgram(cumulative)).toThrow(
      expect.objectContaining({
        code: 'KERNEL_UNSUPPORTED',
        message: expect.stringMatching(/Cumsum.*float32\[2,3\]/),
      }),
    );
  });

  it('refuses programs that read values', () => {
    expect(() => traceProgram(program(({ x }) => ({ y: tf.tensor(x!.dataSync()) })))).toThrow(
      /may not read values/,
    );
  });

  it('leaves the tfjs backend as it was', async () => {
    await openDevice('eager');
    await tf.setBackend('cpu');
    traceProgram(program(({ x }) => ({ y: tf.neg(x!) })));
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('checking', () => {
  const graph = traceProgram(program(({ x }) => ({ y: tf.matMul(x!, x!, false, true) })));
  const node = graph.nodes[0]!;

  it('refuses a wrong shape, a wrong dtype, a missing input and an undefined output', () => {
    const wrong = (output: typeof node.output) => ({ ...graph, nodes: [{ ...node, output }] });
    expect(() => checkGraph(wrong({ ...node.output, shape: [2, 3] }))).toThrow(/expected \[2,2\]/);
    expect(() => checkGraph(wrong({ ...node.output, dtype: 'int32' }))).toThrow(/expected float32/);
    expect(() => checkGraph({ ...graph, inputs: {} })).toThrow(/not defined before/);
    expect(() => checkGraph({ ...graph, nodes: [] })).toThrow(/output y is undefined/);
  });
});

describe('weights in files', () => {
  let dir = '';
  const values = Float32Array.from({ length: 12 }, (_, i) => (i - 6) / 4);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
    const shape = [3, 4];
    const tensors = [
      { name: 'a', dtype: 'F32', shape, data: float32Bytes(values) },
      { name: 'b', dtype: 'F16', shape, data: toFloat16(values) },
      { name: 'c', dtype: 'BF16', shape, data: toBFloat16(values) },
    ] as const;
    await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each(['a', 'b', 'c'])('point into safetensors: %s, mapped and copied', async (name) => {
    const { tensors } = await openSafetensors(join(dir, 'model.safetensors'));
    const product = program(({ x }) => ({ y: tf.matMul(x!, storedTensor(tensors.get(name)!)) }));
    const graph = traceProgram(product);
    expect(graph.constants).toHaveLength(1);
    expect(graph.constants[0]!.data).toMatchObject({ kind: 'file' });
    const x = Float32Array.of(1, 2, 3, 4, 5, 6);
    const expected = (await (await openDevice('eager')).compile(product)).run({ x });
    for (const limit of [Number.POSITIVE_INFINITY, 0])
      for (const singleToken of [false, true]) {
        const engine = await openDevice('cpu', { mapFrom: limit, widenUpTo: limit });
        const executable = await engine.compile(product, { singleToken });
        const { y } = await executable.run({ x });
        await executable.release();
        expect(relativeError(y!, (await expected).y!)).toBeLessThan(1e-6);
      }
  });

  it('are widened before everything else, or for each of their uses', async () => {
    const { tensors } = await openSafetensors(join(dir, 'model.safetensors'));
    const graph = traceProgram(
      program(({ x }) => {
        const positive = tf.exp(x!);
        const weight = storedTensor(tensors.get('b')!);
        const y = tf.matMul(positive, weight);
        return { y, z: tf.matMul(tf.exp(y), weight, false, true), weight };
      }),
    );
    const casts = (nodes: readonly Node[]) =>
      nodes.flatMap(({ op }, i) => (op === 'Cast' ? [i] : []));
    expect(casts(graph.nodes)).not.toContain(0);
    const first = constantsFirst(graph);
    expect(casts(first.nodes)).toEqual([0]);
    const perUse = constantsPerUse(graph);
    // Two products and an output.
    expect(casts(perUse.nodes)).toEqual([0, 1, 2]);
    for (const scheduled of [first, perUse]) {
      expect(() => checkGraph(scheduled)).not.toThrow();
      expect(scheduled.outputs).toEqual(graph.outputs);
    }
  });
});

describe('buckets', () => {
  it('round up to few sizes, at most half of one being padding', () => {
    expect([1, 16, 17, 24, 25, 33, 49, 100, 200].map((n) => bucket(n))).toEqual([
      16, 16, 24, 24, 32, 48, 64, 128, 256,
    ]);
    for (let n = 17; n < 4000; n++) {
      expect(bucket(n)).toBeGreaterThanOrEqual(n);
      expect(bucket(n)).toBeLessThan(n * 1.5 + 1);
    }
  });
});
