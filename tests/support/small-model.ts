import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { llama } from '../../src/core/models/llama/index.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { PRESETS } from '../../src/shared/presets.ts';
import type { Recipe } from '../../src/shared/recipe.ts';
import { tinyJson, tinyParameters } from './tiny-llama.ts';

const STARTER = join(import.meta.dirname, '../../resources/starter');

/** Writes a model folder that a repair accepts: random weights with the starter's tokenizer. */
export async function writeSmallModel(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(join(STARTER, name), join(dir, name));
  }
  const { vocabularySize } = await loadTokenizer(dir);
  const json = { ...tinyJson, vocab_size: vocabularySize, tie_word_embeddings: true };
  const config = llama.parseConfig(json, 'config.json');
  const values = tinyParameters(config);
  const tensors = [...llama.tensorShapes(config)].map(([name, shape]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data: new Uint8Array(values[name]!.buffer),
  }));
  await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  await writeFile(join(dir, 'config.json'), JSON.stringify(json));
  return dir;
}

/** Every stage of a repair, as little as there can be of each; `steps` makes tuning last. */
export function smallRecipe(model: string, steps = 4): Recipe {
  const quick = PRESETS.quick;
  return {
    ...quick,
    model,
    compression: {
      ...quick.compression,
      bits: 4,
      groupSize: 16,
      calibration: { source: 'starter', samples: 2, length: 32 },
    },
    tuning: {
      ...quick.tuning,
      tokens: 4,
      steps,
      batch: 2,
      warmup: 1,
      bank: { by: 'family', count: 2, warmStart: 0, joint: false, routing: 0 },
      lora: { ...quick.tuning.lora, rank: 2, alpha: 4, steps: Math.min(steps, 4) },
    },
    evaluation: { tasks: ['capitals', 'animals'], itemsPerTask: 4, textTokens: 0, bootstrap: 100 },
    threads: 1,
  };
}
