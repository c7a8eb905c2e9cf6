import type { Bank } from '../../../src/core/export/bank.ts';
import type { BaseModel } from '../../../src/core/export/peft.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { LoraAdapter, SoftPrompt } from '../../../src/core/tune/types.ts';

export const WIDTH = 6;

const normals = (length: number, stream: string): Float32Array => {
  const random = createRandom(3, stream);
  return Float32Array.from({ length }, () => random.normal());
};

export const baseModel: BaseModel = {
  id: 'org/tiny "llama"',
  hash: 'a'.repeat(64),
  hiddenSize: WIDTH,
  layers: 2,
  heads: 3,
};

export const prompt = (name: string, tokens: number): SoftPrompt => ({
  name,
  tokens,
  width: WIDTH,
  embeddings: normals(tokens * WIDTH, name),
});

export const bank = (names = ['capitals+currencies', 'Ελλάδα / ../odd', 'c']): Bank => ({
  prompts: names.map((name, i) => ({
    ...prompt(name, i + 2),
    family: name,
    metrics: { validation: 1 + i / 8 },
  })),
  selector: { kind: 'idp', layer: -1 },
  baseModel,
  tokenizerHash: 'b'.repeat(64),
  compression: { method: 'gptq', bits: 3, calibration: { samples: 128 } },
  seed: 7,
});

const module = (width: number, out: number, rank: number, stream: string) => ({
  in: width,
  out,
  a: normals(rank * width, `${stream} a`),
  b: normals(out * rank, `${stream} b`),
});

export const adapter: LoraAdapter = {
  rank: 2,
  alpha: 16,
  dropout: 0,
  rankStabilized: false,
  targets: ['v_proj', 'q_proj'],
  modules: new Map(
    [0, 1].flatMap((layer) => {
      const path = `model.layers.${layer}.self_attn`;
      return [
        [`${path}.q_proj`, module(WIDTH, 6, 2, `q${layer}`)],
        [`${path}.v_proj`, module(WIDTH, 4, 2, `v${layer}`)],
      ];
    }),
  ),
};
