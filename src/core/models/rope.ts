import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { isObject, type JsonObject } from '../checkpoint/json.ts';
import { rotary } from '../engine/custom/rotary.ts';
import { bounds, invalidConfig, readFields } from './config-schema.ts';
import type { BlockInput } from './family.ts';

/** Rotary position embedding (arXiv 2104.09864), whatever stretches it already worked in. */
export interface Rope {
  /** Leading dimensions of a head that are turned; even. */
  readonly dimensions: number;
  /** Angle per position of each pair of dimensions [dimensions / 2]. */
  readonly frequencies: readonly number[];
  /** Factor of cosine and sine: what YaRN and LongRoPE sharpen attention by. */
  readonly scale: number;
  /** LongRoPE: the frequencies of programs for more than `after` positions. */
  readonly long?: { readonly after: number; readonly frequencies: readonly number[] };
}

/** What a family says of its rotary embedding where config.json does not. */
export interface RopeDefaults {
  readonly headDim: number;
  readonly maxPositions: number;
  readonly theta: number;
  readonly partial?: number;
  /** Key of `rope_parameters` for a kind of layer, where kinds differ. */
  readonly layerType?: string;
}

const factor = z.number().positive().max(1e6);
const optionalFactor = factor.nullish();
const factors = z.array(factor).min(1).max(2_048);
const original = bounds.positions.nullish();

const theta = z.number().min(1).max(1e12);
const partial = z.number().positive().max(1);
const common = z.object({
  rope_theta: theta.nullish(),
  partial_rotary_factor: partial.nullish(),
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
});

const yarn = z.object({
  factor: optionalFactor,
  attention_factor: optionalFactor,
  beta_fast: optionalFactor,
  beta_slow: optionalFactor,
  mscale: z.number().min(0).max(1e6).nullish(),
  mscale_all_dim: z.number().min(0).max(1e6).nullish(),
  truncate: z.boolean().default(true),
  original_max_position_embeddings: original,
});

const llama3 = z.object({
  factor,
  low_freq_factor: factor,
  high_freq_factor: factor,
  original_max_position_embeddings: original,
});

const longrope = z.object({
  short_factor: factors,
  long_factor: factors,
  factor: optionalFactor,
  attention_factor: optionalFactor,
  original_max_position_embeddings: original,
});

/** config.json's rotary settings, brought together from their old and new places. */
interface Settings {
  readonly file: string;
  /** The object that holds the stretch, and where it stands. */
  readonly json: JsonObject;
  readonly at: string;
  readonly theta: number;
  readonly dimensions: number;
  readonly maxPositions: number;
  /** Phi-3 notes the original length beside the stretch, not in it. */
  readonly original: number | undefined;
}

type Stretched = Omit<Rope, 'dimensions'>;

/**
 * Both readings of config.json: `rope_theta` with `rope_scaling`, and the newer `rope_parameters`,
 * which may differ by kind of layer. The stretches are those of transformers' modeling_rope_utils.
 * @throws KintsugiError CONFIG_INVALID naming the field
 */
export function parseRope(config: JsonObject, file: string, defaults: RopeDefaults): Rope {
  const { json, at } = stretchOf(config, defaults.layerType);
  const given = readFields(common, json, file, at);
  const top = readFields(
    common.extend({ original_max_position_embeddings: original }),
    { ...config, rope_type: undefined, type: undefined },
    file,
  );
  const share = given.partial_rotary_factor ?? top.partial_rotary_factor ?? defaults.partial ?? 1;
  const dimensions = Math.trunc(defaults.headDim * share);
  if (dimensions < 2 || dimensions % 2 !== 0)
    throw invalidConfig(
      file,
      share === 1 ? 'head_dim' : 'partial_rotary_factor',
      `turns ${dimensions} dimensions of a head; rotary embedding needs pairs`,
    );
  const type = given.rope_type ?? given.type ?? 'default';
  const stretch = stretches[type];
  if (!Object.hasOwn(stretches, type) || !stretch)
    throw invalidConfig(file, `${at}.rope_type`, `"${type}" is not supported`);
  const stretched = stretch({
    file,
    json,
    at,
    theta: given.rope_theta ?? top.rope_theta ?? defaults.theta,
    dimensions,
    maxPositions: defaults.maxPositions,
    original: top.original_max_position_embeddings ?? undefined,
  });
  return { dimensions, ...stretched };
}

function stretchOf(config: JsonObject, layerType: string | undefined) {
  for (const at of ['rope_parameters', 'rope_scaling']) {
    const json = config[at];
    if (!isObject(json)) continue;
    const own = layerType === undefined ? undefined : json[layerType];
    if (isObject(own)) return { json: own, at: `${at}.${layerType}` };
    // Where kinds of layers differ, the new place tells of none what it does not tell by kind.
    if (layerType === undefined || at === 'rope_scaling') return { json, at };
  }
  return { json: {}, at: 'rope_scaling' };
}

const plainFrequencies = ({ dimensions, theta }: Settings): number[] =>
  Array.from({ length: dimensions / 2 }, (_, i) => 1 / theta ** ((2 * i) / dimensions));

const originalLength = (own: number | null | undefined, settings: Settings): number =>
  settings.original ?? own ?? settings.maxPositions;

const stretches: Readonly<Record<string, ((settings: Settings) => Stretched) | undefined>> = {
  default: (settings) => ({ frequencies: plainFrequencies(settings), scale: 1 }),
  // Dynamic NTK changes nothing up to max_position_embeddings, and no program goes beyond.
  dynamic: (settings) => ({ frequencies: plainFrequencies(settings), scale: 1 }),
  linear(settings) {
    const fields = readFields(z.object({ factor }), settings.json, settings.file, settings.at);
    return {
      frequencies: plainFrequencies(settings).map((frequency) => frequency / fields.factor),
      scale: 1,
    };
  },
  llama3: stretchByWavelength,
  longrope: stretchLong,
  su: stretchLong,
  yarn: stretchYarn,
};

/** LLaMA 3.1: long waves are slowed by the factor, short ones kept, those between interpolated. */
function stretchByWavelength(settings: Settings): Stretched {
  const fields = readFields(llama3, settings.json, settings.file, settings.at);
  const length = originalLength(fields.original_max_position_embeddings, settings);
  const { low_freq_factor: low, high_freq_factor: high } = fields;
  if (low >= high)
    throw invalidConfig(
      settings.file,
      `${settings.at}.high_freq_factor`,
      'is not above low_freq_factor',
    );
  const frequencies = plainFrequencies(settings).map((frequency) => {
    const waves = (length * frequency) / (2 * Math.PI);
    if (waves > high) return frequency;
    if (waves < low) return frequency / fields.factor;
    const smooth = (waves - low) / (high - low);
    return (1 - smooth) * (frequency / fields.factor) + smooth * frequency;
  });
  return { frequencies, scale: 1 };
}

/** YaRN (arXiv 2309.00071): a ramp over the dimensions between slowed and kept frequencies. */
function stretchYarn(settings: Settings): Stretched {
  const fields = readFields(yarn, settings.json, settings.file, settings.at);
  const { dimensions, theta, maxPositions } = settings;
  const length = originalLength(fields.original_max_position_embeddings, settings);
  const by = fields.factor ?? maxPositions / length;
  const edge = (rotations: number) =>
    (dimensions * Math.log(length / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [edge(fields.beta_fast ?? 32), edge(fields.beta_slow ?? 1)];
  const low = Math.max(fields.truncate ? Math.floor(first) : first, 0);
  const high = Math.min(fields.truncate ? Math.ceil(last) : last, dimensions - 1);
  const frequencies = plainFrequencies(settings).map((frequency, i) => {
    const slowed = Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
    return (frequency / by) * slowed + frequency * (1 - slowed);
  });
  const sharpen = (mscale: number) => (by <= 1 ? 1 : 0.1 * mscale * Math.log(by) + 1);
  const { mscale, mscale_all_dim: allDim } = fields;
  const inferred = mscale && allDim ? sharpen(mscale) / sharpen(allDim) : sharpen(1);
  return { frequencies, scale: fields.attention_factor ?? inferred };
}

/** LongRoPE (arXiv 2402.13753): searched factors per dimension, one set for short and one for long. */
function stretchLong(settings: Settings): Stretched {
  const fields = readFields(longrope, settings.json, settings.file, settings.at);
  const length = originalLength(fields.original_max_position_embeddings, settings);
  const by = fields.factor ?? settings.maxPositions / length;
  const plain = plainFrequencies(settings);
  const divided = (name: 'short_factor' | 'long_factor') => {
    const list = fields[name];
    if (list.length !== plain.length)
      throw invalidConfig(
        settings.file,
        `${settings.at}.${name}`,
        `has ${list.length} factors for ${plain.length} pairs of dimensions`,
      );
    return plain.map((frequency, i) => frequency / list[i]!);
  };
  const scale = by <= 1 ? 1 : Math.sqrt(1 + Math.log(by) / Math.log(length));
  return {
    frequencies: divided('short_factor'),
    scale: fields.attention_factor ?? scale,
    long: { after: length, frequencies: divided('long_factor') },
  };
}

/** The embedding of sequences of this many positions: nothing is left for a program to decide. */
export function settled({ long, ...rope }: Rope, positions: number): Rope {
  return long && positions > long.after ? { ...rope, frequencies: long.frequencies } : rope;
}

interface Tables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** The longest tables made of each list of frequencies: every layer and length asks for a part. */
const longest = new WeakMap<readonly number[], Tables>();

/** Cosines and sines of positions 0 … positions − 1, [positions, dimensions / 2] each. */
function tablesOf(frequencies: readonly number[], scale: number, positions: number): Tables {
  const half = frequencies.length;
  const size = positions * half;
  const known = longest.get(frequencies);
  if (known && known.cos.length >= size)
    return { cos: known.cos.subarray(0, size), sin: known.sin.subarray(0, size) };
  const cos = new Float32Array(size);
  const sin = new Float32Array(size);
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i]!;
      cos[position * half + i] = Math.cos(angle) * scale;
      sin[position * half + i] = Math.sin(angle) * scale;
    }
  longest.set(frequencies, { cos, sin });
  return { cos, sin };
}

/** A function that turns heads x [batch, heads, length, d] by the positions of a block's input. */
export function rotation(
  { dimensions, frequencies, scale, long }: Rope,
  { positions, positionLimit }: BlockInput,
): (x: tf.Tensor) => tf.Tensor {
  const chosen = long && positionLimit > long.after ? long.frequencies : frequencies;
  const tables = tablesOf(chosen, scale, positionLimit);
  const shape: [number, number] = [positionLimit, dimensions / 2];
  const cos = tf.tensor2d(tables.cos, shape);
  const sin = tf.tensor2d(tables.sin, shape);
  return (x) => {
    const rest = x.shape[3]! - dimensions;
    if (rest === 0) return rotary(x, positions, cos, sin);
    const [turned, kept] = tf.split(x, [dimensions, rest], 3) as [tf.Tensor, tf.Tensor];
    return tf.concat([rotary(turned, positions, cos, sin), kept], 3);
  };
}
