import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/core/compress/open.ts';
import { familyOf } from '../../../src/core/models/registry.ts';
import { FIXTURES } from './families.ts';

type Json = Record<string, unknown>;

const configOf = (fixture: string): Json =>
  JSON.parse(readFileSync(join(FIXTURES, fixture, 'config.json'), 'utf8'));

function parse(json: Json) {
  return familyOf(json, 'config.json').parseConfig(json, 'config.json');
}

const families = [
  'gemma2',
  'gemma3',
  'gpt-neox',
  'gpt2',
  'llama',
  'mistral',
  'opt',
  'phi3',
  'qwen2',
  'qwen3',
  'smollm3',
];
/** GPT-2 has names of its own. */
const named = (family: string, name: string, own: string) => (family === 'gpt2' ? own : name);

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe.each(families)('%s: config.json', (family) => {
  const json = configOf(family);
  const layers = named(family, 'num_hidden_layers', 'n_layer');
  const heads = named(family, 'num_attention_heads', 'n_head');
  const width = named(family, 'hidden_size', 'n_embd');
  const positions = named(family, 'max_position_embeddings', 'n_positions');

  it.each([
    [layers, 1e9],
    [layers, 0],
    [layers, -1],
    [layers, 1.5],
    [layers, 'two'],
    [heads, 1e9],
    [width, 1e12],
    [positions, 1e15],
    ['vocab_size', Number.MAX_SAFE_INTEGER],
    ['vocab_size', null],
  ])('refuses %s = %s', (field, value) => {
    expect(() => parse({ ...json, [field]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field, file: 'config.json' }),
    );
  });

  it('refuses an activation that it does not know', () => {
    const names = ['hidden_act', 'hidden_activation', 'activation_function'];
    const field = names.find((name) => name in json)!;
    const own = family.startsWith('gemma') ? 'hidden_activation' : field;
    expect(() => parse({ ...json, [own]: 'maxout' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: own }),
    );
  });

  it('tells all of its sizes', () => {
    const config = parse(json);
    expect(config).toMatchObject({
      architecture: (json['architectures'] as string[])[0],
      vocabularySize: 96,
      hiddenSize: 32,
      embeddingSize: 32,
      heads: 4,
      maxPositions: 64,
    });
    expect(config.layers).toBe(json[layers]);
    expect(config.heads % config.keyValueHeads).toBe(0);
  });

  it('refuses weights of other shapes, naming the tensor', async () => {
    const folder = join(dir, family);
    await cp(join(FIXTURES, family), folder, { recursive: true });
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, vocab_size: 97 }));
    await expect(openModel(folder)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      field: expect.stringMatching(/embed_tokens|wte|embed_in/),
    });
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, [layers]: 40 }));
    await expect(openModel(folder)).rejects.toMatchObject({
      code: expect.stringMatching(/^(CHECKPOINT|CONFIG)_INVALID$/),
    });
  });
});

describe('what only some families have', () => {
  const scaling = (rope_scaling: unknown) => ({ rope_parameters: undefined, rope_scaling });
  const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 1 };
  it.each<[string, Json, string]>([
    ['llama', { head_dim: 7 }, 'head_dim'],
    ['llama', { head_dim: null, num_attention_heads: 6 }, 'num_attention_heads'],
    ['llama', { num_key_value_heads: 3 }, 'num_key_value_heads'],
    ['llama', { num_key_value_heads: 1e9 }, 'num_key_value_heads'],
    ['llama', { head_dim: 1e9 }, 'head_dim'],
    ['llama', { intermediate_size: 1e12 }, 'intermediate_size'],
    ['opt', { ffn_dim: 1e12 }, 'ffn_dim'],
    ['gpt2', { n_inner: 1e12 }, 'n_inner'],
    ['gpt-neox', { intermediate_size: 1e12 }, 'intermediate_size'],
    ['llama', scaling({ type: 'spiral', factor: 2 }), 'rope_scaling.rope_type'],
    ['llama', scaling({ type: '__proto__' }), 'rope_scaling.rope_type'],
    ['llama', scaling({ type: 'linear' }), 'rope_scaling.factor'],
    ['llama', scaling({ type: 'linear', factor: -2 }), 'rope_scaling.factor'],
    ['llama', scaling({ type: 'yarn', factor: 1e9 }), 'rope_scaling.factor'],
    ['llama', scaling(llama3), 'rope_scaling.high_freq_factor'],
    ['llama', { rope_parameters: { rope_theta: 0 } }, 'rope_parameters.rope_theta'],
    ['llama', { attention_bias: 'yes' }, 'attention_bias'],
    ['mistral', { sliding_window: -1 }, 'sliding_window'],
    ['qwen2', { layer_types: ['full_attention'] }, 'layer_types'],
    ['qwen2', { layer_types: ['full_attention', 'cross'] }, 'layer_types.1'],
    ['qwen3', { max_window_layers: -1 }, 'max_window_layers'],
    ['smollm3', { no_rope_layers: [1] }, 'no_rope_layers'],
    ['smollm3', { no_rope_layers: null, no_rope_layer_interval: 0 }, 'no_rope_layer_interval'],
    ['phi3', scaling({ type: 'longrope' }), 'rope_scaling.short_factor'],
    [
      'phi3',
      {
        rope_parameters: {
          ...(configOf('phi3')['rope_parameters'] as Json),
          long_factor: [1, 2],
        },
      },
      'rope_parameters.long_factor',
    ],
    ['gemma2', { sliding_window: null }, 'sliding_window'],
    ['gemma2', { query_pre_attn_scalar: 0 }, 'query_pre_attn_scalar'],
    ['gemma2', { attn_logit_softcapping: -1 }, 'attn_logit_softcapping'],
    ['gemma3', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['gemma3', { layer_types: null, sliding_window_pattern: 0 }, 'sliding_window_pattern'],
    [
      'gemma3',
      { rope_parameters: { sliding_attention: { rope_type: 'nope' } } },
      'rope_parameters.sliding_attention.rope_type',
    ],
    ['opt', { word_embed_proj_dim: 1e9 }, 'word_embed_proj_dim'],
    ['opt', { num_attention_heads: 5 }, 'num_attention_heads'],
    ['opt', { do_layer_norm_before: 1 }, 'do_layer_norm_before'],
    ['gpt2', { n_head: 3 }, 'n_head'],
    ['gpt2', { add_cross_attention: true }, 'add_cross_attention'],
    ['gpt-neox', { rope_parameters: { partial_rotary_factor: 0.1 } }, 'partial_rotary_factor'],
    ['gpt-neox', { num_attention_heads: 5 }, 'num_attention_heads'],
  ])('%s with %o is refused', (family, changes, field) => {
    expect(() => parse({ ...configOf(family), ...changes })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field }),
    );
  });

  it('Gemma 3 fills in what its larger configurations leave out', () => {
    const text = { hidden_size: 2560, intermediate_size: 10_240, num_hidden_layers: 34 };
    const given = {
      ...text,
      rope_scaling: { factor: 8, rope_type: 'linear' },
      sliding_window: 1024,
    };
    const config = familyOf({ architectures: ['Gemma3ForCausalLM'] }, 'c').parseConfig(given, 'c');
    const expected = { vocabularySize: 262_208, heads: 8, keyValueHeads: 4, headDim: 256 };
    expect(config).toMatchObject({ ...expected, maxPositions: 131_072 });
  });

  it('lists what is supported', () => {
    expect(() => familyOf({ architectures: ['HalForCausalLM'] }, 'config.json')).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_ARCHITECTURE',
        next: expect.stringContaining('OPTForCausalLM'),
      }),
    );
  });
});
