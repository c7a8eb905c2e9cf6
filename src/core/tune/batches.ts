import { bucket } from '../engine/buckets.ts';
import { createRandom } from '../random.ts';
import type { Sequence } from './sequences.ts';

export interface BatchShape {
  /** Sequences per batch; the last of an epoch's length class may be padded. */
  readonly size: number;
  /** Virtual tokens that stand in front of every sequence. */
  readonly prefix: number;
}

/** What one step feeds to a program. Padding is on the right and never scored. */
export interface Batch {
  readonly size: number;
  /** Positions of the input, rounded up to a bucket; a sequence's last token is only a target. */
  readonly length: number;
  /** [size, length]. */
  readonly ids: Int32Array;
  /** [rows], into size · (prefix + length): the positions that predict the scored tokens. */
  readonly rows: Int32Array;
  /** [rows]: the tokens to predict. */
  readonly targets: Int32Array;
  /** [rows]: 1 / scored, or 0 at padding, so that the weighted sum is the mean. */
  readonly weights: Float32Array;
  readonly scored: number;
  /** Group of each sequence; fewer than `size` in a batch that is not full. */
  readonly groups: readonly string[];
  /** Tokens at the beginning of each sequence that are only read. */
  readonly given: readonly number[];
}

const inputLength = ({ ids }: Sequence): number => bucket(Math.max(1, ids.length - 1));

/** Pads sequences to one batch. Position p of [prefix, sequence] predicts token p − prefix + 1. */
export function makeBatch(sequences: readonly Sequence[], { size, prefix }: BatchShape): Batch {
  const length = Math.max(...sequences.map(inputLength));
  const ids = new Int32Array(size * length);
  const rows: number[] = [];
  const targets: number[] = [];
  sequences.forEach((sequence, b) => {
    ids.set(sequence.ids.subarray(0, -1), b * length);
    // Without a prefix nothing stands before the first token to predict it.
    for (let t = Math.max(sequence.scoredFrom, 1 - prefix); t < sequence.ids.length; t++) {
      rows.push(b * (prefix + length) + prefix + t - 1);
      targets.push(sequence.ids[t]!);
    }
  });
  const scored = rows.length;
  // Four tokens per answer fit most tasks, so that most batches share one compiled program.
  const padded = bucket(scored, 4 * size);
  return {
    size,
    length,
    ids,
    rows: padTo(padded, rows),
    targets: padTo(padded, targets),
    weights: new Float32Array(padded).fill(1 / scored, 0, scored),
    scored,
    groups: sequences.map(({ group }) => group),
    given: sequences.map(({ scoredFrom }) => Math.max(1, scoredFrom)),
  };
}

function padTo(length: number, values: readonly number[]): Int32Array {
  const padded = new Int32Array(length);
  padded.set(values);
  return padded;
}

/** Sequences that have something to predict. */
export const learnable = (sequences: readonly Sequence[], prefix: number): Sequence[] =>
  sequences.filter(({ ids }) => ids.length > (prefix > 0 ? 0 : 1));

/**
 * Endless batches as a pure function of their index: every epoch shuffles the sequences within
 * their length classes, cuts batches, and shuffles the batches.
 */
export function createBatches(
  sequences: readonly Sequence[],
  shape: BatchShape,
  seed: number,
): (index: number) => Batch {
  const classes = [...Map.groupBy(sequences, inputLength).values()];
  const perEpoch = classes.reduce((n, members) => n + Math.ceil(members.length / shape.size), 0);
  const plan = (epoch: number): Sequence[][] => {
    const random = createRandom(seed, `epoch ${epoch}`);
    return random.shuffle(
      classes.flatMap((members) => chunks(random.shuffle([...members]), shape.size)),
    );
  };
  let planned = { epoch: -1, batches: [] as Sequence[][] };
  return (index) => {
    const epoch = Math.floor(index / perEpoch);
    if (planned.epoch !== epoch) planned = { epoch, batches: plan(epoch) };
    return makeBatch(planned.batches[index % perEpoch]!, shape);
  };
}

/** All sequences once, like lengths together: for validation. */
export function fixedBatches(sequences: readonly Sequence[], shape: BatchShape): Batch[] {
  const sorted = sequences.toSorted((a, b) => a.ids.length - b.ids.length);
  return chunks(sorted, shape.size).map((members) => makeBatch(members, shape));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
