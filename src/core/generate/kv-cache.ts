import type { NumericArray } from '../engine/program.ts';
import { MASKED } from '../models/attention.ts';
import type { ModelConfig } from '../models/family.ts';

/** Keys and values of the positions read so far, in buffers that a decode program takes as they are. */
export interface KeyValueCache {
  readonly capacity: number;
  readonly length: number;
  /** Copies `count` positions of an output [kv heads, width, head dim] behind the present ones. */
  append(outputs: Readonly<Record<string, NumericArray>>, width: number, count: number): void;
  /** `key.<l>`, `value.<l>` and `mask`. */
  feeds(): Record<string, Float32Array>;
  /** The same contents with room for more. */
  grow(capacity: number): KeyValueCache;
}

/** @param hidden leading positions that are padding and must not be attended */
export function createKeyValueCache(
  config: ModelConfig,
  capacity: number,
  hidden = 0,
): KeyValueCache {
  const { layers, keyValueHeads: heads, headDim } = config;
  const names = Array.from({ length: layers }, (_, l) => [`key.${l}`, `value.${l}`]).flat();
  const buffers: Record<string, Float32Array> = Object.fromEntries(
    names.map((name) => [name, new Float32Array(heads * capacity * headDim)]),
  );
  const mask = new Float32Array(capacity + 1).fill(MASKED);
  mask[capacity] = 0;
  let length = 0;
  const append: KeyValueCache['append'] = (outputs, width, count) => {
    for (const name of names) {
      const from = outputs[name] as Float32Array;
      for (let head = 0; head < heads; head++) {
        const start = head * width * headDim;
        const rows = from.subarray(start, start + count * headDim);
        buffers[name]!.set(rows, (head * capacity + length) * headDim);
      }
    }
    mask.fill(0, Math.max(length, hidden), length + count);
    length += count;
  };
  return {
    capacity,
    get length() {
      return length;
    },
    append,
    feeds: () => ({ ...buffers, mask }),
    grow(larger) {
      const next = createKeyValueCache(config, larger, hidden);
      next.append(buffers, capacity, length);
      return next;
    },
  };
}
