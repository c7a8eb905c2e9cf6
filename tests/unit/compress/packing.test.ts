import { describe, expect, test } from 'vitest';
import { kernelBlock, toKernelLayout } from '../../../src/core/compress/kernel-layout.ts';
import { packLinear, unpackLinear } from '../../../src/core/compress/packing.ts';
import {
  dequantize,
  groupColumns,
  type QuantizedWeight,
} from '../../../src/core/compress/quantized.ts';
import { dequantize as dequantizeKernel } from '../../../src/core/engine/custom/quantized.ts';
import { createRandom } from '../../../src/core/random.ts';
import { BITS, type Bits } from '../../../src/shared/compression.ts';

/** Random codes; `actOrder` deals the columns to the groups at random. */
function randomWeight(
  bits: Bits,
  out: number,
  columns: number,
  groupSize: number,
  actOrder = false,
): QuantizedWeight {
  const random = createRandom(bits * 1000 + columns);
  const code = () => random.integer(2 ** bits);
  const size = groupColumns(groupSize, columns);
  const groups = columns / size;
  const gIdx = Array.from({ length: columns }, (_, i) => Math.floor(i / size));
  return {
    out,
    in: columns,
    bits,
    groupSize,
    codes: new Uint8Array(out * columns).map(code),
    scales: new Float32Array(groups * out).map(() => (1 + random.integer(1024)) / 1024),
    zeros: new Uint8Array(groups * out).map(code),
    gIdx: Int32Array.from(actOrder ? random.shuffle(gIdx) : gIdx),
  };
}

describe('GPTQ packing', () => {
  for (const bits of BITS)
    for (const [out, columns, groupSize] of [
      [5, 64, 32],
      [32, 96, -1],
      [40, 32, 16],
    ] as const)
      test(`round trip, ${bits}-bit [${out}, ${columns}] group ${groupSize}`, () => {
        const q = randomWeight(bits, out, columns, groupSize, true);
        const packed = packLinear(q, 'v2');
        expect(packed.qweight.length).toBe(((columns * bits) / 32) * out);
        expect(packed.qzeros.length).toBe((q.scales.length / out) * Math.ceil((out * bits) / 32));
        expect(unpackLinear(packed, 'v2')).toEqual(q);
        const above = { ...q, zeros: q.zeros.map((z) => Math.max(z, 1)) };
        expect(unpackLinear(packLinear(above, 'v1'), 'v1')).toEqual(above);
      });

  test('4-bit codes lie least significant first along the input', () => {
    const q = {
      ...randomWeight(4, 1, 16, -1),
      codes: Uint8Array.from({ length: 16 }, (_, i) => i),
    };
    const words = [...packLinear(q, 'v2').qweight].map((word) => (word >>> 0).toString(16));
    expect(words).toEqual(['76543210', 'fedcba98']);
  });

  test('v1 stores z − 1: 7 for the middle of 4 bits, in every field of a word', () => {
    const q = { ...randomWeight(4, 8, 16, -1), zeros: new Uint8Array(8).fill(8) };
    expect([...packLinear(q, 'v1').qzeros]).toEqual([0x77777777]);
    expect([...packLinear(q, 'v2').qzeros]).toEqual([0x88888888 | 0]);
  });

  // GPTQModel subtracts 0x11111111 from the word: the field of a zero point of 0 borrows.
  test('v1 words that borrowed read back', () => {
    const q = { ...randomWeight(4, 8, 16, -1), zeros: Uint8Array.of(3, 0, 15, 1, 0, 0, 7, 9) };
    const packed = packLinear(q, 'v2');
    const borrowed = { ...packed, qzeros: packed.qzeros.map((word) => word - 0x11111111) };
    expect(unpackLinear(borrowed, 'v1')).toEqual(q);
  });

  // AutoGPTQ's layout, written out by hand: codes 10 and 21 straddle the words.
  test('3-bit codes are one 96-bit stream', () => {
    const codes = Uint8Array.from({ length: 32 }, (_, i) => (i * 5 + 3) % 8);
    const { qweight } = packLinear({ ...randomWeight(3, 1, 32, -1), codes }, 'v2');
    const stream = codes.reduce((sum, code, i) => sum | (BigInt(code) << BigInt(3 * i)), 0n);
    const words = [0n, 32n, 64n].map((shift) => Number((stream >> shift) & 0xffffffffn));
    expect([...qweight].map((word) => word >>> 0)).toEqual(words);
    expect((qweight[0]! >>> 30) | ((qweight[1]! & 1) << 2)).toBe(codes[10]);
    expect((qweight[1]! >>> 31) | ((qweight[2]! & 3) << 1)).toBe(codes[21]);
  });
});

describe('kernel layout', () => {
  test('block is the largest power of two that fits group and layer', () => {
    expect(kernelBlock(-1, 768)).toBe(256);
    expect(kernelBlock(-1, 192)).toBe(64);
    expect(kernelBlock(128, 1024)).toBe(128);
    expect(kernelBlock(512, 1024)).toBe(256);
    expect(kernelBlock(48, 96)).toBe(16);
  });

  for (const bits of BITS)
    for (const [columns, groupSize] of [
      [96, -1],
      [96, 48],
      [128, 32],
    ] as const)
      for (const actOrder of [false, true])
        test(`decodes to the same weight, ${bits}-bit in ${columns} group ${groupSize}${actOrder ? ' act-order' : ''}`, () => {
          const q = randomWeight(bits, 6, columns, groupSize, actOrder);
          const kernel = toKernelLayout(q);
          const dense = dequantizeKernel(kernel, kernel.codes as Uint8Array);
          const expected = dequantize(q);
          const column = (j: number) => kernel.permutation?.[j] ?? j;
          for (let o = 0; o < q.out; o++)
            for (let j = 0; j < columns; j++)
              expect(dense[o * columns + j]).toBe(expected[o * columns + column(j)]);
          expect(kernel.permutation !== undefined).toBe(actOrder && groupSize !== -1);
        });
});
