import { Hessian } from '../../../src/core/compress/hessian.ts';

/** The generator of tests/fixtures/gptq/make.py: an LCG, four uniforms a value. */
function createStream(seed: number): () => number {
  let state = seed;
  return () => {
    let total = -2;
    for (let i = 0; i < 4; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      total += state / 2 ** 32;
    }
    return total;
  };
}

export interface LayerShape {
  readonly out: number;
  readonly in: number;
  readonly tokens: number;
  readonly sequences: number;
  readonly dead: readonly number[];
}

/** A linear's weight [out, in] and correlated inputs [tokens, in] whose `dead` columns are zero. */
export function makeLayer(seed: number, shape: LayerShape) {
  const normal = createStream(seed);
  const weight = new Float32Array(shape.out * shape.in).map(() => normal() * 0.05);
  const inputs = new Float32Array(shape.tokens * shape.in);
  for (let t = 0; t < shape.tokens; t++) {
    let previous = 0;
    for (let j = 0; j < shape.in; j++) {
      previous = normal() + 0.5 * previous;
      if (!shape.dead.includes(j)) inputs[t * shape.in + j] = previous * (1 + ((j * 7) % 13) / 4);
    }
  }
  return { weight, inputs };
}

/** The Hessian of those inputs, added in two unequal batches. */
export async function makeHessian(inputs: Float32Array, shape: LayerShape): Promise<Float32Array> {
  const hessian = new Hessian(shape.in);
  const first = (shape.tokens / shape.sequences) * shape.in;
  await hessian.add(inputs.subarray(0, first), 1);
  await hessian.add(inputs.subarray(first), shape.sequences - 1);
  return hessian.values;
}
