import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toFloat16 } from '../../../src/core/checkpoint/dtype.ts';
import { openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import {
  readRaw,
  type TensorData,
  writeSafetensors,
} from '../../../src/core/checkpoint/safetensors.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import { recogniseModel } from '../../../src/core/models/recognise.ts';
import { batchLogits, FIXTURES, furthest, readGolden } from './families.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

interface Changes {
  /** A tensor's name in the copy. */
  readonly name?: (name: string) => string;
  readonly config?: (json: Record<string, unknown>) => Record<string, unknown>;
  readonly extra?: readonly TensorData[];
}

/** A fixture as another version of transformers, or another tool, would have written it. */
async function rewritten(fixture: string, as: string, changes: Changes): Promise<string> {
  const { name = (same) => same, config = (same) => same, extra = [] } = changes;
  const folder = join(dir, as);
  const { tensors } = await openCheckpoint(join(FIXTURES, fixture));
  const copies = [...tensors.values()].map((entry) => {
    return { ...entry, name: name(entry.name), data: readRaw(entry) };
  });
  await mkdir(folder);
  await writeSafetensors(join(folder, 'model.safetensors'), [...copies, ...extra]);
  const json = JSON.parse(readFileSync(join(FIXTURES, fixture, 'config.json'), 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify(config(json)));
  return folder;
}

async function expectGolden(fixture: string, folder: string): Promise<void> {
  const { model } = await openModel(folder);
  const golden = await readGolden(fixture);
  const logits = await batchLogits(await openDevice('cpu', { threads: 1 }), model, golden);
  golden.forEach((expected, i) => {
    expect(furthest(logits[i]!, expected.logits)).toBeLessThan(1e-4);
  });
}

/** Attention's mask as GPT-2 and Pythia files hold it; the fill value is −infinity in 16 bits. */
const buffers = (path: string): TensorData[] => [
  { name: `${path}.bias`, dtype: 'U8', shape: [1, 1, 4, 4], data: new Uint8Array(16) },
  { name: `${path}.masked_bias`, dtype: 'F16', shape: [], data: toFloat16(Float32Array.of(-1e9)) },
];

it('GPT-2 without "transformer." and with masks', async () => {
  const folder = await rewritten('gpt2', 'gpt2-short', {
    name: (name) => name.replace('transformer.', ''),
    extra: buffers('h.0.attn'),
  });
  await expectGolden('gpt2', folder);
});

it('Pythia with masks, and with a head of the new name', async () => {
  const folder = await rewritten('gpt-neox', 'pythia', {
    name: (name) => name.replace('embed_out.', 'lm_head.'),
    extra: [
      ...buffers('gpt_neox.layers.1.attention'),
      {
        name: 'gpt_neox.layers.1.attention.rotary_emb.inv_freq',
        dtype: 'F32',
        shape: [1],
        data: new Uint8Array(4),
      },
    ],
  });
  await expectGolden('gpt-neox', folder);
});

it('OPT without "model."', async () => {
  const name = (long: string) => long.replace('model.', '');
  await expectGolden('opt', await rewritten('opt', 'opt-short', { name }));
});

const vision: TensorData = {
  name: 'vision_tower.patch.weight',
  dtype: 'F32',
  shape: [2, 2],
  data: new Uint8Array(16),
};
const whole = (json: Record<string, unknown>) => {
  const { architectures: _, model_type: __, ...text } = json;
  return { architectures: ['Gemma3ForConditionalGeneration'], text_config: text, dtype: 'float16' };
};

it.each([
  ['language_model.model.', (name: string) => `language_model.${name}`],
  ['model.language_model.', (name: string) => name.replace('model.', 'model.language_model.')],
])('the text part of Gemma 3 under %s', async (prefix, name) => {
  const changes = { name, config: whole, extra: [vision] };
  const folder = await rewritten('gemma3', prefix, changes);
  await expectGolden('gemma3', folder);
  const { checkpoint } = recogniseModel(await openCheckpoint(folder));
  expect(checkpoint.config['architectures']).toEqual(['Gemma3ForCausalLM']);
  expect(checkpoint.tensors.has(vision.name)).toBe(false);
  expect(recogniseModel(checkpoint).checkpoint).toEqual(checkpoint);
});

it('recognising twice changes nothing, transposed weights included', async () => {
  const once = recogniseModel(await openCheckpoint(join(FIXTURES, 'gpt2'))).checkpoint;
  expect(recogniseModel(once).checkpoint).toEqual(once);
});

it('refuses a tensor under two names', async () => {
  const extra = { ...vision, name: 'lm_head.weight' };
  const folder = await rewritten('gpt-neox', 'twice', { extra: [extra] });
  await expect(openModel(folder)).rejects.toMatchObject({
    code: 'CHECKPOINT_INVALID',
    field: 'embed_out.weight',
  });
});
