import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TensorStream, writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { familyOf } from '../../../src/core/models/registry.ts';
import { createRandom } from '../../../src/core/random.ts';
import { tinyConfig } from './tiny-model.ts';

const VOCABULARY = 2_000_000;
const CHUNK = 2 ** 20;

/** A tiny model whose embedding is a quarter of a gigabyte. */
async function writeWideModel(dir: string): Promise<number> {
  const config = { ...tinyConfig, vocab_size: VOCABULARY };
  const family = familyOf(config, 'config.json');
  const random = createRandom(8);
  const noise = new Float32Array(CHUNK / 4).map(() => 0.2 * random.normal());
  const bytes = new Uint8Array(noise.buffer);
  const tensors = [...family.tensorShapes(family.parseConfig(config, 'config.json'))].map(
    ([name, shape]): TensorStream => ({
      name,
      dtype: 'F32',
      shape,
      *data() {
        const length = 4 * shape.reduce((product, n) => product * n, 1);
        for (let at = 0; at < length; at += CHUNK) yield bytes.subarray(0, length - at);
      },
    }),
  );
  await mkdir(dir);
  await writeSafetensors(join(dir, 'model.safetensors'), tensors);
  await writeFile(join(dir, 'config.json'), JSON.stringify(config));
  return VOCABULARY * config.hidden_size * 4;
}

test('embeddings pass from file to file without being in memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kintsugi-memory-'));
  try {
    const embedding = await writeWideModel(join(folder, 'model'));
    const child = fork(join(import.meta.dirname, 'memory-child.ts'), [folder]);
    const [grown] = (await once(child, 'message')) as [number];
    expect(grown).toBeLessThan(embedding / 2);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
