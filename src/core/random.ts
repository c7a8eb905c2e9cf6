/** A seeded generator (sfc32): small, fast, and its whole state is four integers that a checkpoint can hold. */
export interface Random {
  /** In [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box–Muller, one value per call so that the state stays four integers). */
  normal(): number;
  /** In {0, …, n − 1}. */
  integer(n: number): number;
  /** Shuffles in place (Fisher–Yates) and returns the array. */
  shuffle<T>(items: T[]): T[];
  pick<T>(items: readonly T[]): T;
  state(): RandomState;
}

export type RandomState = readonly [number, number, number, number];

/** Spreads a seed and optional labels over 128 bits, so that streams named differently are independent. */
function seedState(seed: number, stream: string): [number, number, number, number] {
  let h = 0x9e3779b9 ^ seed;
  const next = () => {
    h = (h + 0x6d2b79f5) | 0;
    let t = Math.imul(h ^ (h >>> 15), 1 | h);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return t ^ (t >>> 14);
  };
  for (const character of stream) h = Math.imul(h ^ character.codePointAt(0)!, 0x01000193);
  return [next(), next(), next(), next()];
}

export function createRandom(seed: number, stream = ''): Random {
  return restoreRandom(seedState(seed, stream));
}

export function restoreRandom(state: RandomState): Random {
  let [a, b, c, counter] = state;
  const bits = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  const uniform = () => bits() / 4294967296;
  const integer = (n: number) => Math.floor(uniform() * n);
  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [items[i], items[j]] = [items[j]!, items[i]!];
      }
      return items;
    },
    pick: (items) => items[integer(items.length)]!,
    state: () => [a, b, c, counter],
  };
}
