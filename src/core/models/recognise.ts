import { join } from 'node:path';
import { KintsugiError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/folder.ts';
import type { TensorEntry } from '../checkpoint/safetensors.ts';
import type { Family, ModelConfig } from './family.ts';
import { familyOf } from './registry.ts';

export interface RecognisedModel {
  readonly family: Family;
  readonly config: ModelConfig;
  /** As the family reads it: its names, linear weights [out, in], config.json's text part. */
  readonly checkpoint: Checkpoint;
}

/**
 * Finds the family of a checkpoint. What checkpoints of one family differ in is settled here: a
 * missing prefix, other names of a tensor, Conv1D's transposed weights, parts for other media. A
 * recognised checkpoint stays as it is.
 * @throws KintsugiError UNSUPPORTED_ARCHITECTURE, CONFIG_INVALID, CHECKPOINT_INVALID
 */
export function recogniseModel(checkpoint: Checkpoint): RecognisedModel {
  const file = join(checkpoint.dir, 'config.json');
  const family = familyOf(checkpoint.config, file);
  const json = family.textConfig?.(checkpoint.config) ?? checkpoint.config;
  const config = family.parseConfig(json, file);
  const tensors = canonicalTensors(family, config, checkpoint);
  return { family, config, checkpoint: { ...checkpoint, config: json, tensors } };
}

/** Heads stand beside the body, so they never have its prefix. */
const HEAD = /^(lm_head|embed_out)\./;

function canonicalTensors(
  family: Family,
  config: ModelConfig,
  { tensors, dir }: Checkpoint,
): ReadonlyMap<string, TensorEntry> {
  const transposed = new Set(family.transposedLinears ? linearWeights(family, config) : []);
  const own = [...tensors].flatMap(([stored, entry]) => {
    const name = family.tensorName ? family.tensorName(stored) : stored;
    return name === undefined ? [] : [{ name, entry }];
  });
  const bodyAlone = own.every(({ name }) => !name.startsWith(family.bodyPrefix));
  const canonical = new Map<string, TensorEntry>();
  for (const { name: short, entry } of own) {
    const name = bodyAlone && !HEAD.test(short) ? `${family.bodyPrefix}${short}` : short;
    if (canonical.has(name)) throw twice(name, dir);
    canonical.set(name, transposed.has(name) ? turned(entry, name) : { ...entry, name });
  }
  return canonical;
}

const linearWeights = (family: Family, config: ModelConfig): string[] =>
  Array.from({ length: config.layers }, (_, layer) => family.stages(config, layer))
    .flat(2)
    .map((module) => `${module}.weight`);

const turned = (entry: TensorEntry, name: string): TensorEntry =>
  entry.transposed ? entry : { ...entry, name, shape: entry.shape.toReversed(), transposed: true };

const twice = (name: string, dir: string): KintsugiError =>
  new KintsugiError('CHECKPOINT_INVALID', `The checkpoint has ${name} under two names`, {
    file: dir,
    field: name,
    next: 'Download the model again.',
  });
