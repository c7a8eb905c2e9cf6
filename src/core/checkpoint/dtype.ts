/// <reference lib="es2025.float16" />

/** Element types of the safetensors format whose elements are whole bytes, with their sizes. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
  C64: 8,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

export const isDtype = (value: unknown): value is Dtype =>
  typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value);

/** Float formats that computations read, and the bits of one element's exponent. */
const EXPONENT = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 } as const;

export type FloatDtype = keyof typeof EXPONENT;

export const isFloatDtype = (dtype: Dtype): dtype is FloatDtype => Object.hasOwn(EXPONENT, dtype);

/** Little-endian elements as float32, exactly. `bytes` starts at a multiple of 4 in its buffer. */
export function widen(dtype: FloatDtype, bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, byteLength / 4);
  if (dtype === 'F16')
    return new Float32Array(new Float16Array(buffer as ArrayBuffer, byteOffset, byteLength / 2));
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE half precision, rounded to nearest, ties to even; too large becomes infinite. */
export const toFloat16 = (values: Float32Array): Uint8Array =>
  new Uint8Array(new Float16Array(values).buffer);

/** The upper half of a float32, rounded to nearest, ties to even. */
export function toBFloat16(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    // Rounding would carry a NaN's payload into infinity: keep its top bits and one set.
    const nan = (word & 0x7fffffff) > EXPONENT.F32;
    halves[i] = nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return new Uint8Array(halves.buffer);
}

/** The bytes of float32 values, shared with them. */
export const float32Bytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** float32 values as little-endian elements, rounded to nearest, ties to even. */
export function narrow(dtype: FloatDtype, values: Float32Array): Uint8Array {
  if (dtype === 'F32') return float32Bytes(values);
  return dtype === 'F16' ? toFloat16(values) : toBFloat16(values);
}

/** Index of the first NaN or infinity, or −1. `bytes` starts at a multiple of 4 in its buffer. */
export function firstNonFinite(dtype: FloatDtype, { buffer, byteOffset, byteLength }: Uint8Array) {
  const words =
    dtype === 'F32'
      ? new Uint32Array(buffer, byteOffset, byteLength / 4)
      : new Uint16Array(buffer, byteOffset, byteLength / 2);
  const exponent = EXPONENT[dtype];
  for (let i = 0; i < words.length; i++) if ((words[i]! & exponent) === exponent) return i;
  return -1;
}
