import { describe, expect, it } from 'vitest';
import { toBFloat16, toFloat16, widen } from '../../../src/core/checkpoint/dtype.ts';

const halves = (bytes: Uint8Array) => [...new Uint16Array(bytes.buffer)];

describe('16-bit floats', () => {
  it.each(['F16', 'BF16'] as const)('every %s survives widening and narrowing', (dtype) => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const wide = widen(dtype, new Uint8Array(all.buffer));
    const back = halves(dtype === 'F16' ? toFloat16(wide) : toBFloat16(wide));
    const changed = back.filter((half, i) => half !== i && !Number.isNaN(wide[i]));
    expect(changed).toEqual([]);
    const nan = back.filter((_, i) => Number.isNaN(wide[i]));
    expect(
      nan.every((half) =>
        Number.isNaN(widen(dtype, new Uint8Array(Uint16Array.of(half).buffer))[0]!),
      ),
    ).toBe(true);
  });

  it('F16 rounds to nearest, ties to even, and overflows to infinity', () => {
    const ulp = 2 ** -10;
    const values = [1 + ulp / 2, 1 + (3 * ulp) / 2, 1 + ulp / 2 + 2 ** -20, 65519, 65520, 2 ** -25];
    expect(widen('F16', toFloat16(Float32Array.from(values)))).toEqual(
      Float32Array.of(1, 1 + 2 * ulp, 1 + ulp, 65504, Number.POSITIVE_INFINITY, 0),
    );
  });

  it('BF16 rounds to nearest, ties to even, and keeps NaN a NaN', () => {
    const bits = Uint32Array.of(
      0x3f808000,
      0x3f818000,
      0x3f808001,
      0x7f7fffff,
      0x7f800001,
      0xffffffff,
    );
    const rounded = halves(toBFloat16(new Float32Array(bits.buffer)));
    expect(rounded).toEqual([0x3f80, 0x3f82, 0x3f81, 0x7f80, 0x7fc0, 0xffff]);
  });
});
