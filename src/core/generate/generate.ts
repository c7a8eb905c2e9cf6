import { bucket } from '../engine/buckets.ts';
import { createExecutableCache } from '../engine/cache.ts';
import type { Engine } from '../engine/program.ts';
import type { Arm } from '../evaluate/arm.ts';
import { chosenByLot } from '../evaluate/score-program.ts';
import { forLength } from '../models/model.ts';
import { createRandom } from '../random.ts';
import type { Prefix } from '../tune/types.ts';
import { createKeyValueCache } from './kv-cache.ts';
import { decodeProgram, prefillProgram } from './programs.ts';
import { type SamplingOptions, sample } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly maxTokens: number;
  readonly seed?: number;
  /** Generation ends before these ids. */
  readonly stop?: readonly number[];
  readonly signal?: AbortSignal;
}

export interface Started {
  /** Logits of the token after the input [vocabulary]. */
  readonly logits: Float32Array;
  /** With a bank: the prompt that was kept, and where it was chosen every prompt's score. */
  readonly choice?: number;
  readonly scores?: readonly number[];
}

export interface Generator {
  /** Reads the input and says what the model expects next. */
  start(ids: readonly number[]): Promise<Started>;
  /** Token ids one by one, after `onStart` was told of the prompt's choice. */
  generate(
    ids: readonly number[],
    options: GenerateOptions,
    onStart?: (started: Started) => void,
  ): AsyncGenerator<number>;
  release(): Promise<void>;
}

/** A prefix as the cache takes it: `key.<l>` and `value.<l>` [kv heads, tokens, head dim]. */
function prefixEntries({ tokens, layers, keyValueHeads, headDim, values }: Prefix) {
  const entries: Record<string, Float32Array> = {};
  for (let part = 0; part < 2 * layers; part++) {
    const entry = new Float32Array(keyValueHeads * tokens * headDim);
    for (let token = 0; token < tokens; token++)
      for (let head = 0; head < keyValueHeads; head++) {
        const from = ((token * 2 * layers + part) * keyValueHeads + head) * headDim;
        entry.set(values.subarray(from, from + headDim), (head * tokens + token) * headDim);
      }
    entries[`${part % 2 === 0 ? 'key' : 'value'}.${part >> 1}`] = entry;
  }
  return entries;
}

/** Programs kept: two that read and two that go on, each of which may hold a copy of the weights. */
const PROGRAMS = 4;

/** Key/value-cached generation under one arm, one sequence at a time. */
export function createGenerator(engine: Engine, arm: Arm): Generator {
  const { model, bank, prefix } = arm;
  const front = bank?.tokens ?? 0;
  const past = prefix?.tokens ?? 0;
  const { rotaryChange = Number.POSITIVE_INFINITY } = model.config;
  const programs = createExecutableCache(engine, PROGRAMS);
  /** Other programs read sequences behind the change. */
  const keyed = (name: string, positions: number) =>
    positions > rotaryChange ? `${name} long` : name;

  async function prefill(ids: readonly number[], chosen?: number) {
    const length = bucket(ids.length);
    const padded = new Int32Array(length);
    padded.set(ids);
    const positions = front + past + ids.length;
    const given: Arm = {
      ...arm,
      model: forLength(model, positions),
      ...(chosen === undefined ? {} : { selector: { kind: 'fixed', prompt: chosen } }),
    };
    const name = `prefill ${length}${chosen === undefined ? '' : ` ${chosen}`}`;
    const program = await programs.get(keyed(name, positions), () => prefillProgram(given, length));
    const last = Int32Array.of(front + ids.length - 1);
    const real = new Float32Array(length).fill(1, 0, ids.length);
    const outputs = await program.run({
      ids: padded,
      last,
      ...(bank ? { real, prompts: bank.embeddings, ...chosenByLot(arm, [ids]) } : {}),
      ...(prefix ? { prefix: prefix.values } : {}),
    });
    const choice = outputs.choice?.[0];
    const started: Started = {
      logits: outputs.logits as Float32Array,
      ...(choice === undefined ? {} : { choice }),
      ...(outputs.scores ? { scores: Array.from(outputs.scores) } : {}),
    };
    const hidden = bank && choice !== undefined ? bank.tokens - bank.lengths[choice]! : 0;
    const capacity = bucket(front + past + ids.length + 32, 64);
    const cache = createKeyValueCache(model.config, capacity, hidden);
    if (prefix) cache.append(prefixEntries(prefix), past, past);
    cache.append(outputs, front + length, front + ids.length);
    return { started, cache };
  }

  return {
    start: async (ids) => (await prefill(ids)).started,
    async *generate(ids, options, onStart) {
      const random = createRandom(options.seed ?? 0, 'sampling');
      const read = await prefill(ids);
      onStart?.(read.started);
      let { cache } = read;
      let { logits } = read.started;
      const all = [...ids];
      const limit = Math.min(options.maxTokens, model.config.maxPositions - cache.length);
      for (let produced = 0; produced < limit && !options.signal?.aborted; produced++) {
        const id = sample(logits, options, random);
        if (options.stop?.includes(id)) return;
        yield id;
        if (produced + 1 === limit) return;
        all.push(id);
        if (cache.length === rotaryChange) {
          const again = await prefill(all, read.started.choice);
          ({ cache } = again);
          ({ logits } = again.started);
          continue;
        }
        if (cache.length === cache.capacity) cache = cache.grow(bucket(cache.capacity + 1, 64));
        const { capacity } = cache;
        const positions = cache.length + 1;
        const program = await programs.get(
          keyed(`decode ${capacity}`, positions),
          () => decodeProgram(forLength(model, positions), capacity),
          { singleToken: true },
        );
        const outputs = await program.run({
          ...cache.feeds(),
          id: Int32Array.of(id),
          position: Int32Array.of(cache.length),
        });
        cache.append(outputs, 1, 1);
        logits = outputs.logits as Float32Array;
      }
    },
    release: () => programs.release(),
  };
}
