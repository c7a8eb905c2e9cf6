import { KintsugiError } from '../../shared/errors.ts';
import { bucket } from '../engine/buckets.ts';
import { createExecutableCache, type ExecutableCache } from '../engine/cache.ts';
import type { Engine, NumericArray } from '../engine/program.ts';
import { forLength } from '../models/model.ts';
import { type Arm, freePositions, virtualTokens } from './arm.ts';
import { chosenByLot, type ScoreShape, scoreProgram } from './score-program.ts';

/** Token ids of which the last `scored` are to be predicted (each from everything before it). */
export interface Sequence {
  readonly ids: readonly number[];
  readonly scored: number;
}

export interface SequenceScore {
  /** −log p of each scored token, natural logarithm. */
  readonly nll: Float32Array;
  /** Whether greedy decoding would have produced exactly the scored tokens. */
  readonly greedy: boolean;
  /** With a bank: the prompt that was kept, and where it was chosen every prompt's score. */
  readonly choice?: number;
  readonly scores?: readonly number[];
}

export interface ScoreOptions {
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores sequences under one arm, keeping its compiled programs. */
export interface Scorer {
  score(sequences: readonly Sequence[], options?: ScoreOptions): Promise<SequenceScore[]>;
  release(): Promise<void>;
}

/** Keeps the last tokens that fit the model beside the prompt; the very last one is never read. */
function truncate(sequence: Sequence, room: number): Sequence {
  const { ids, scored } = sequence;
  if (ids.length <= room + 1) return sequence;
  return { ids: ids.slice(-room - 1), scored: Math.min(scored, room) };
}

/** A prompt is chosen by what is given, never by what is to be predicted. */
const givenTokens = ({ ids, scored }: Sequence): readonly number[] =>
  ids.slice(0, Math.max(1, ids.length - scored));

function feeds(arm: Arm, shape: ScoreShape, sequences: readonly Sequence[]) {
  const { batch, length, rows } = shape;
  const front = arm.bank?.tokens ?? 0;
  const ids = new Int32Array(batch * length);
  const real = new Float32Array(batch * length);
  const rowIndex = new Int32Array(rows);
  const targets = new Int32Array(rows);
  let row = 0;
  for (let b = 0; b < batch; b++) {
    // An incomplete last batch is filled up with copies of its first sequence.
    const { ids: tokens, scored } = sequences[b] ?? sequences[0]!;
    ids.set(tokens.slice(0, length), b * length);
    real.fill(1, b * length, b * length + givenTokens({ ids: tokens, scored }).length);
    if (b >= sequences.length) continue;
    for (let t = tokens.length - scored; t < tokens.length; t++, row++) {
      rowIndex[row] = b * (front + length) + front + t - 1;
      targets[row] = tokens[t]!;
    }
  }
  const base = { ids, rows: rowIndex, targets };
  if (arm.prefix) return { ...base, prefix: arm.prefix.values };
  if (!arm.bank) return base;
  const given = Array.from({ length: batch }, (_, b) => givenTokens(sequences[b] ?? sequences[0]!));
  return { ...base, prompts: arm.bank.embeddings, real, ...chosenByLot(arm, given) };
}

function unpack(
  arm: Arm,
  sequences: readonly Sequence[],
  results: Record<string, NumericArray>,
  targets: Int32Array,
): SequenceScore[] {
  let row = 0;
  return sequences.map(({ scored }, b) => {
    const from = row;
    row += scored;
    const nll = (results.nll as Float32Array).slice(from, row);
    const greedy = targets.subarray(from, row).every((t, i) => results.greedy![from + i] === t);
    if (!arm.bank) return { nll, greedy };
    const choice = results.choice![b]!;
    if (!results.scores) return { nll, greedy, choice };
    const { count } = arm.bank;
    const scores = Array.from(results.scores.subarray(b * count, (b + 1) * count));
    return { nll, greedy, choice, scores };
  });
}

async function scoreBatch(
  arm: Arm,
  cache: ExecutableCache,
  batch: number,
  sequences: readonly Sequence[],
): Promise<SequenceScore[]> {
  // What follows the last token is not asked: it is never read.
  const read = Math.max(2, ...sequences.map(({ ids }) => ids.length)) - 1;
  const shape = {
    batch,
    length: Math.min(bucket(read), freePositions(arm)),
    rows: bucket(sequences.reduce((sum, { scored }) => sum + scored, 0)),
  };
  const positions = virtualTokens(arm) + read;
  const long = positions > (arm.model.config.rotaryChange ?? Number.POSITIVE_INFINITY);
  const key = `${batch}x${shape.length}x${shape.rows}${long ? ' long' : ''}`;
  const given = { ...arm, model: forLength(arm.model, positions) };
  const executable = await cache.get(key, () => scoreProgram(given, shape));
  const input = feeds(arm, shape, sequences);
  return unpack(arm, sequences, await executable.run(input), input.targets);
}

/** @throws KintsugiError CANCELLED once the signal is raised */
export function refuseStopped(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new KintsugiError('CANCELLED', 'Evaluation was stopped', {
    next: 'Run it again to go on.',
  });
}

/** Every sequence starts with a token that is given, such as the beginning-of-text token. */
export function createScorer(engine: Engine, arm: Arm): Scorer {
  const cache = createExecutableCache(engine);
  const room = freePositions(arm);
  return {
    async score(sequences, { batch = 32, signal, onProgress } = {}) {
      const cut = sequences.map((sequence) => truncate(sequence, room));
      // Like lengths together: a batch is padded to its longest.
      const order = cut.map((_, i) => i).sort((a, b) => cut[a]!.ids.length - cut[b]!.ids.length);
      const scores = new Array<SequenceScore>(cut.length);
      for (let at = 0; at < order.length; at += batch) {
        refuseStopped(signal);
        const indices = order.slice(at, at + batch);
        const done = await scoreBatch(
          arm,
          cache,
          batch,
          indices.map((i) => cut[i]!),
        );
        indices.forEach((index, i) => {
          scores[index] = done[i]!;
        });
        onProgress?.(Math.min(at + batch, order.length), order.length);
      }
      return scores;
    },
    release: () => cache.release(),
  };
}
