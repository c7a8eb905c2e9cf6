/** Named parameters, moments or gradients: flat, row-major. */
export type ParameterSet = Readonly<Record<string, Float32Array>>;

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled: a share `learningRate · weightDecay` of the weight is taken off before the update. */
  readonly weightDecay?: number;
  /** Which parameters decay; all of them when absent. Norm gains and biases usually do not. */
  readonly decay?: (name: string) => boolean;
}

/** Everything the next step depends on besides parameters and gradients. */
export interface AdamWState {
  readonly step: number;
  readonly moments: Readonly<
    Record<string, { readonly m: Float32Array; readonly v: Float32Array }>
  >;
}

export interface AdamW {
  /** Updates the parameters in place. `gradients` must hold every parameter, in the same lengths. */
  step(gradients: ParameterSet, learningRate: number): void;
  /** The live state: the arrays change at the next step. */
  state(): AdamWState;
  /** Copies a saved state in. */
  restore(state: AdamWState): void;
}

/**
 * AdamW (Loshchilov & Hutter, arXiv 1711.05101, algorithm 2, in PyTorch's form: the decay is scaled
 * by the learning rate). State is float32 and each element's arithmetic double, so that a run
 * restored from its state continues bit for bit.
 */
export function createAdamW(parameters: ParameterSet, options: AdamWOptions = {}): AdamW {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const decays = options.decay ?? (() => true);
  const moments: Record<string, { m: Float32Array; v: Float32Array }> = {};
  for (const [name, values] of Object.entries(parameters)) {
    moments[name] = { m: new Float32Array(values.length), v: new Float32Array(values.length) };
  }
  let step = 0;
  return {
    step(gradients, learningRate) {
      step++;
      const rates = {
        beta1,
        beta2,
        epsilon,
        size: learningRate / (1 - beta1 ** step),
        // √v̂ = √v · scale, hoisted out of the loop.
        scale: 1 / Math.sqrt(1 - beta2 ** step),
      };
      for (const [name, values] of Object.entries(parameters)) {
        const { m, v } = moments[name]!;
        const keep = decays(name) ? 1 - learningRate * weightDecay : 1;
        update(values, sameLength(gradients[name], values, name), m, v, keep, rates);
      }
    },
    state: () => ({ step, moments }),
    restore(state) {
      for (const [name, { m, v }] of Object.entries(moments)) {
        m.set(sameLength(state.moments[name]?.m, m, name));
        v.set(sameLength(state.moments[name]?.v, v, name));
      }
      step = state.step;
    },
  };
}

interface Rates {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly size: number;
  readonly scale: number;
}

/** One pass over p, g, m, v: the arrays are far larger than the cache, so each is touched once. */
function update(
  p: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  keep: number,
  { beta1, beta2, epsilon, size, scale }: Rates,
): void {
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  for (let i = 0; i < p.length; i++) {
    const gi = g[i]!;
    const mi = beta1 * m[i]! + rest1 * gi;
    const vi = beta2 * v[i]! + rest2 * gi * gi;
    m[i] = mi;
    v[i] = vi;
    p[i] = p[i]! * keep - (size * mi) / (Math.sqrt(vi) * scale + epsilon);
  }
}

function sameLength(values: Float32Array | undefined, like: Float32Array, name: string) {
  if (values?.length === like.length) return values;
  throw new RangeError(`${name}: ${values?.length ?? 'no'} values where ${like.length} belong`);
}

/**
 * Scales all gradients in place so that their joint Euclidean norm is at most `maxNorm`.
 * Returns the norm before clipping. When it is NaN or infinite nothing is changed: the caller must
 * not step with such gradients.
 */
export function clipGradients(gradients: ParameterSet, maxNorm: number): number {
  let sum = 0;
  for (const values of Object.values(gradients)) {
    for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  }
  const norm = Math.sqrt(sum);
  if (!Number.isFinite(norm) || norm <= maxNorm) return norm;
  const scale = maxNorm / norm;
  for (const values of Object.values(gradients)) {
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * scale;
  }
  return norm;
}
