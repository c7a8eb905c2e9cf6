import { createHash } from 'node:crypto';
import type { RandomState } from '../random.ts';
import type { AdamWState, ParameterSet } from './adamw.ts';

/** A row of the training curve, written at each validation. */
export interface HistoryPoint {
  /** Steps done. */
  readonly step: number;
  /** Mean training loss since the point before; null before the first step. */
  readonly loss: number | null;
  /** Null when there is nothing to validate on. */
  readonly validation: number | null;
}

export interface BestState {
  readonly step: number;
  readonly validation: number;
  readonly parameters: ParameterSet;
}

/**
 * Everything that the rest of a training run depends on. The step is also the data cursor and the
 * schedule's place: batches and learning rates are functions of it.
 */
export interface TrainingState {
  /** Hash of the settings, model and data that decide the run's numbers. */
  readonly identity: string;
  /** Steps done. */
  readonly step: number;
  readonly parameters: ParameterSet;
  readonly moments: AdamWState['moments'];
  readonly random: RandomState;
  /** Training losses since the last point of the history. */
  readonly lossSum: number;
  readonly lossCount: number;
  readonly best: BestState | undefined;
  readonly history: readonly HistoryPoint[];
}

/** SHA-256 of a value's JSON, keys in the order that the program gives them. */
export const hashIdentity = (identity: unknown): string =>
  sha256([Buffer.from(JSON.stringify(identity) ?? '')]).toString('hex');

function sha256(chunks: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

const MAGIC = Buffer.from('kintsugi training state 1\n');
const HASH_BYTES = 32;

interface Header extends Omit<TrainingState, 'parameters' | 'moments' | 'best'> {
  readonly best: Omit<BestState, 'parameters'> | null;
  /** Every array's role, name and number of values, in the order of the payload. */
  readonly arrays: readonly (readonly [Role, string, number])[];
}

type Role = 'parameter' | 'm' | 'v' | 'best';

/**
 * The file's bytes in pieces, none of them copied: magic, SHA-256 of all that follows, header
 * length (uint32), header JSON, float32 arrays; little-endian. Its own format rather than
 * safetensors so that one checksum covers every byte.
 */
export function encodeState(state: TrainingState): Uint8Array[] {
  const arrays = arraysOf(state);
  const { identity, step, random, lossSum, lossCount, history, best } = state;
  const header: Header = {
    identity,
    step,
    random,
    lossSum,
    lossCount,
    history,
    best: best ? { step: best.step, validation: best.validation } : null,
    arrays: arrays.map(([role, name, values]) => [role, name, values.length]),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const body = [
    length,
    json,
    ...arrays.map(([, , a]) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)),
  ];
  return [MAGIC, sha256(body), ...body];
}

function arraysOf({ parameters, moments, best }: TrainingState): [Role, string, Float32Array][] {
  const named = (role: Role, set: ParameterSet) =>
    Object.entries(set).map(([name, values]): [Role, string, Float32Array] => [role, name, values]);
  return [
    ...named('parameter', parameters),
    ...Object.entries(moments).flatMap(([name, { m, v }]): [Role, string, Float32Array][] => [
      ['m', name, m],
      ['v', name, v],
    ]),
    ...named('best', best?.parameters ?? {}),
  ];
}

/** The state, or why the bytes are not one that was written whole. */
export function decodeState(bytes: Buffer): TrainingState | { readonly fault: string } {
  const start = MAGIC.length + HASH_BYTES;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { fault: 'it is of another format' };
  const body = bytes.subarray(start);
  if (!sha256([body]).equals(bytes.subarray(MAGIC.length, start)))
    return { fault: 'its checksum does not match' };
  // The checksum vouches for everything below.
  const headerEnd = 4 + body.readUInt32LE(0);
  const header = JSON.parse(body.toString('utf8', 4, headerEnd)) as Header;
  const { arrays, best, ...rest } = header;
  const sets: Record<Role, Record<string, Float32Array>> = {
    parameter: {},
    m: {},
    v: {},
    best: {},
  };
  let offset = headerEnd;
  for (const [role, name, length] of arrays) {
    // Copied out: the payload is not aligned to 4 bytes.
    const piece = Uint8Array.from(body.subarray(offset, offset + 4 * length));
    sets[role][name] = new Float32Array(piece.buffer);
    offset += 4 * length;
  }
  const moments = Object.keys(sets.m).map((name) => [name, { m: sets.m[name]!, v: sets.v[name]! }]);
  return {
    ...rest,
    parameters: sets.parameter,
    moments: Object.fromEntries(moments),
    best: best ? { ...best, parameters: sets.best } : undefined,
  };
}
