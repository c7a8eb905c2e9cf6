/** How an arm with a bank picks its prompt: plain data, learned numbers included. */
export type Selector =
  /** The prompt that the input attends to most at a block. */
  | { readonly kind: 'idp'; readonly layer: number }
  /** IDP with each prompt's attention measured against what tuning inputs pay it. */
  | {
      readonly kind: 'idp-calibrated';
      readonly layer: number;
      /** [count]: each prompt's mean attention over tuning inputs, and its standard deviation. */
      readonly means: Float32Array;
      readonly deviations: Float32Array;
    }
  /** The prompt whose key is most like the input's mean embedding. */
  | {
      readonly kind: 'key';
      /** What the keys are: the prompts' own means, centroids of tuning inputs, or learned. */
      readonly keys: 'prompts' | 'centroids' | 'learned';
      /** [count, width]. */
      readonly values: Float32Array;
    }
  /** A linear classifier on the input's mean embedding. */
  | {
      readonly kind: 'classifier';
      /** [count, width] and [count]. */
      readonly weights: Float32Array;
      readonly bias: Float32Array;
    }
  /** No prompt is picked: all are mixed, by weights that a small network gives. */
  | {
      readonly kind: 'mixture';
      readonly rank: number;
      /** [rank, width] and [width, rank]. */
      readonly down: Float32Array;
      readonly up: Float32Array;
    }
  /** Drawn for each input by lot; the same input always gets the same prompt. */
  | { readonly kind: 'random'; readonly seed: number }
  /** Always the same prompt: a single prompt is a bank of one. */
  | { readonly kind: 'fixed'; readonly prompt: number };

export type SelectorOf<K extends Selector['kind']> = Extract<Selector, { kind: K }>;

/** Scores as shares that sum to 1: attention and mixing weights are parts of a whole already. */
export function scoreShares(kind: Selector['kind'], scores: readonly number[]): number[] {
  const whole = kind === 'idp' || kind === 'mixture';
  const top = Math.max(...scores);
  const masses = whole ? scores : scores.map((score) => Math.exp(score - top));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

/** Numbers that a selector adds to its bank. */
export const selectorParameters = (selector: Selector): number =>
  Object.values(selector).reduce<number>(
    (sum, value) => sum + (value instanceof Float32Array ? value.length : 0),
    0,
  );

/**
 * The selector over some prompts of a bank of `count`, in the order given. One that always keeps a
 * prompt that is gone says nothing of the others: IDP, which has nothing to learn, takes its place.
 */
export function selectorOfSome(
  selector: Selector,
  count: number,
  kept: readonly number[],
): Selector {
  const rows = (values: Float32Array): Float32Array => {
    const width = values.length / count;
    return Float32Array.from(kept.flatMap((k) => [...values.subarray(k * width, (k + 1) * width)]));
  };
  switch (selector.kind) {
    case 'fixed': {
      const prompt = kept.indexOf(selector.prompt);
      return prompt < 0 ? { kind: 'idp', layer: 0 } : { kind: 'fixed', prompt };
    }
    case 'idp-calibrated':
      return {
        ...selector,
        means: rows(selector.means),
        deviations: rows(selector.deviations),
      };
    case 'key':
      return { ...selector, values: rows(selector.values) };
    case 'classifier':
      return { ...selector, weights: rows(selector.weights), bias: rows(selector.bias) };
    case 'idp':
    case 'mixture':
    case 'random':
      return selector;
  }
}
