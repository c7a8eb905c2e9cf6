import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toBFloat16 } from '../../../src/core/checkpoint/dtype.ts';
import { openSafetensors, writeSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { checkLoraFits } from '../../../src/core/export/fit.ts';
import { readLora, writeLora } from '../../../src/core/export/lora.ts';
import { readPromptFolder, writePromptFolder } from '../../../src/core/export/prompt.ts';
import { f32, failure, temporaryFolder } from '../checkpoint/files.ts';
import { adapter, baseModel, prompt, WIDTH } from './samples.ts';

const WEIGHTS = 'adapter_model.safetensors';

async function promptFolder(): Promise<string> {
  const dir = join(temporaryFolder(), 'prompt');
  await writePromptFolder(dir, prompt('p', 3), baseModel);
  return dir;
}

async function loraFolder(): Promise<string> {
  const dir = join(temporaryFolder(), 'lora');
  await writeLora(dir, adapter, baseModel);
  return dir;
}

const configOf = (dir: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(dir, 'adapter_config.json'), 'utf8'));

const setConfig = (dir: string, change: object): void =>
  writeFileSync(join(dir, 'adapter_config.json'), JSON.stringify({ ...configOf(dir), ...change }));

describe('prompt folders', () => {
  it("have PEFT's files, names and shapes", async () => {
    const dir = await promptFolder();
    expect(readdirSync(dir)).toEqual(['README.md', 'adapter_config.json', WEIGHTS]);
    expect(configOf(dir)).toMatchObject({
      base_model_name_or_path: 'org/tiny "llama"',
      inference_mode: true,
      num_attention_heads: 3,
      num_layers: 2,
      num_transformer_submodules: 1,
      num_virtual_tokens: 3,
      peft_type: 'PROMPT_TUNING',
      prompt_tuning_init: 'RANDOM',
      task_type: 'CAUSAL_LM',
      token_dim: WIDTH,
    });
    const { tensors, metadata } = await openSafetensors(join(dir, WEIGHTS));
    expect([...tensors.values()]).toMatchObject([
      { name: 'prompt_embeddings', dtype: 'F32', shape: [3, WIDTH] },
    ]);
    expect(metadata['format']).toBe('pt');
  });

  it('come back bit for bit', async () => {
    const { embeddings } = prompt('p', 3);
    const read = await readPromptFolder(await promptFolder());
    expect(read).toEqual({ tokens: 3, width: WIDTH, embeddings, baseModelHash: baseModel.hash });
  });

  it('are read in 16 bits and without our metadata, as PEFT may write them', async () => {
    const dir = await promptFolder();
    const data = toBFloat16(new Float32Array(3 * WIDTH).fill(1.5));
    const tensor = { name: 'prompt_embeddings', dtype: 'BF16', shape: [3, WIDTH], data } as const;
    await writeSafetensors(join(dir, WEIGHTS), [tensor], { format: 'pt' });
    const read = await readPromptFolder(dir);
    expect(read.embeddings).toEqual(new Float32Array(3 * WIDTH).fill(1.5));
    expect(read.baseModelHash).toBeUndefined();
  });

  it('are refused with a pickle, integers or further tensors', async () => {
    const dir = await promptFolder();
    const file = join(dir, WEIGHTS);
    const codes = {
      name: 'prompt_embeddings',
      dtype: 'U8',
      shape: [3, WIDTH],
      data: new Uint8Array(18),
    } as const;
    await writeSafetensors(file, [codes]);
    await expect(readPromptFolder(dir)).rejects.toEqual(failure('BANK_INVALID', /U8, not a float/));
    await writeSafetensors(file, [f32('prompt_embeddings', [1], [1]), f32('more', [1], [1])]);
    await expect(readPromptFolder(dir)).rejects.toEqual(failure('BANK_INVALID', /not one tensor/));
    rmSync(file);
    await expect(readPromptFolder(dir)).rejects.toEqual(
      failure('BANK_INVALID', /adapter_model\.safetensors does not exist/),
    );
    writeFileSync(join(dir, 'adapter_model.bin'), 'never read');
    await expect(readPromptFolder(dir)).rejects.toEqual(failure('UNSAFE_FORMAT', /pickle/));
  });
});

describe('LoRA folders', () => {
  it("have PEFT's names and shapes", async () => {
    const dir = await loraFolder();
    expect(configOf(dir)).toMatchObject({
      bias: 'none',
      lora_alpha: 16,
      peft_type: 'LORA',
      r: 2,
      target_modules: ['q_proj', 'v_proj'],
      task_type: 'CAUSAL_LM',
    });
    const { tensors } = await openSafetensors(join(dir, WEIGHTS));
    const layer = 'base_model.model.model.layers.1.self_attn.v_proj';
    expect(tensors.get(`${layer}.lora_A.weight`)!.shape).toEqual([2, WIDTH]);
    expect(tensors.get(`${layer}.lora_B.weight`)!.shape).toEqual([4, 2]);
    expect(tensors.size).toBe(8);
  });

  it('come back bit for bit', async () => {
    const { adapter: read, baseModelHash } = await readLora(await loraFolder());
    expect(read).toEqual({ ...adapter, targets: ['q_proj', 'v_proj'] });
    expect(baseModelHash).toBe(baseModel.hash);
  });

  it("note GPT-2's transposed weights, which leave the factors as they are", async () => {
    const dir = join(temporaryFolder(), 'lora');
    await writeLora(dir, adapter, { ...baseModel, transposedLinears: true });
    expect(configOf(dir)).toMatchObject({ fan_in_fan_out: true });
    expect((await readLora(dir)).adapter.modules).toEqual(adapter.modules);
  });

  it('are read with the defaults and empty options of PEFT', async () => {
    const dir = await loraFolder();
    setConfig(dir, {
      use_dora: false,
      layer_replication: null,
      modules_to_save: [],
      arrow_config: null,
      init_lora_weights: 'gaussian',
      new_field: 1,
    });
    expect((await readLora(dir)).adapter.modules.size).toBe(4);
    const { peft_type, r, lora_alpha, target_modules } = configOf(dir);
    writeFileSync(
      join(dir, 'adapter_config.json'),
      JSON.stringify({ peft_type, r, lora_alpha, target_modules }),
    );
    expect((await readLora(dir)).adapter.modules.size).toBe(4);
  });

  it.each([
    ['use_dora', true],
    ['lora_bias', true],
    ['rank_pattern', { q_proj: 4 }],
    ['alpha_pattern', { q_proj: 4 }],
    ['modules_to_save', ['lm_head']],
    ['bias', 'all'],
    ['init_lora_weights', 'pissa_niter_4'],
    ['target_modules', 'all-linear'],
    ['r', 0],
    ['r', 1e9],
    ['lora_alpha', -1],
  ])('are refused with %s = %j', async (field, value) => {
    const dir = await loraFolder();
    setConfig(dir, { [field]: value });
    await expect(readLora(dir)).rejects.toEqual(
      failure('ADAPTER_INVALID', new RegExp(field), { field }),
    );
  });

  const A = (path: string) =>
    f32(`base_model.model.${path}.lora_A.weight`, [2, 3], Array(6).fill(1));
  const B = (path: string) =>
    f32(`base_model.model.${path}.lora_B.weight`, [4, 2], Array(8).fill(1));

  it.each<[string, ReturnType<typeof f32>[], RegExp]>([
    ['no tensors', [], /no tensors/],
    ['half a module', [A('q')], /"q" has no lora_B/],
    ['the other half', [B('q')], /"q" has no lora_A/],
    [
      'a foreign tensor',
      [A('q'), B('q'), f32('lm_head.weight', [1], [1])],
      /not a tensor of plain LoRA/,
    ],
    [
      'DoRA magnitudes',
      [A('q'), B('q'), f32('base_model.model.q.lora_magnitude_vector', [1], [1])],
      /plain LoRA/,
    ],
    [
      'another rank',
      [A('q'), f32('base_model.model.q.lora_B.weight', [4, 3], Array(12).fill(1))],
      /\[4,3\], r is 2/,
    ],
    [
      'a vector',
      [A('q'), f32('base_model.model.q.lora_B.weight', [8], Array(8).fill(1))],
      /\[8\], r is 2/,
    ],
    [
      'NaN',
      [A('q'), f32('base_model.model.q.lora_B.weight', [4, 2], Array(8).fill(Number.NaN))],
      /NaN.*\[0, 0\]/,
    ],
  ])('are refused with %s', async (_, tensors, message) => {
    const dir = await loraFolder();
    await writeSafetensors(join(dir, WEIGHTS), tensors);
    await expect(readLora(dir)).rejects.toEqual(failure('ADAPTER_INVALID', message));
  });

  it('fit the model whose modules and weights they were made for', async () => {
    const stored = await readLora(await loraFolder());
    const shapes = new Map(
      [...adapter.modules].map(([path, { in: width, out }]) => [`${path}.weight`, [out, width]]),
    );
    expect(() => checkLoraFits(stored, baseModel.hash, shapes)).not.toThrow();
    expect(() => checkLoraFits({ ...stored, baseModelHash: undefined }, 'x', shapes)).not.toThrow();
    const refuse = (field: string, message: RegExp, hash = baseModel.hash) =>
      expect(() => checkLoraFits(stored, hash, shapes)).toThrow(
        failure('ADAPTER_INCOMPATIBLE', message, { field }),
      );
    refuse('modelHash', /weights differ/, 'x');
    const path = 'model.layers.1.self_attn.v_proj';
    shapes.set(`${path}.weight`, [5, WIDTH]);
    refuse(path, /is \[5,6\], the adapter is for \[4,6\]/);
    shapes.delete(`${path}.weight`);
    refuse(path, /which the model lacks/);
  });
});
