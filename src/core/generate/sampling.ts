import type { Random } from '../random.ts';

export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature?: number;
  /** Only the k most likely tokens; 0 for all. */
  readonly topK?: number;
  /** The smallest set of tokens whose probability reaches p. */
  readonly topP?: number;
}

/** Ties go to the lower id. */
export function argMax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** Draws a token id from logits [vocabulary]. Ties go to the lower id. */
export function sample(logits: Float32Array, options: SamplingOptions, random: Random): number {
  const { temperature = 0, topK = 0, topP = 1 } = options;
  if (temperature <= 0) return argMax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!);
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const top = logits[kept[0]!]!;
  const masses = kept.map((id) => Math.exp((logits[id]! - top) / temperature));
  const total = masses.reduce((a, b) => a + b, 0);
  let count = 0;
  let reached = 0;
  while (count < masses.length && (count === 0 || reached < topP * total))
    reached += masses[count++]!;
  let draw = random.uniform() * reached;
  for (let i = 0; i < count; i++) {
    draw -= masses[i]!;
    if (draw < 0) return kept[i]!;
  }
  return kept[count - 1]!;
}
