import * as tf from '@tensorflow/tfjs-core';
import { createCompiledEngine } from '../../../src/core/engine/onnx/session.ts';
import { llama } from '../../../src/core/models/llama/index.ts';
import type { Model } from '../../../src/core/models/model.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { Subject } from '../../../src/core/tune/tune.ts';
import type { Example } from '../../../src/core/tune/types.ts';

const LETTERS = ' abcdefghijklmnopqrstuvwxyz?:\n';

/** One token per character. */
const encode = (text: string): number[] =>
  Array.from(text.toLowerCase(), (letter) => Math.max(0, LETTERS.indexOf(letter)));

/** A two-block LLaMA with seeded random weights, one letter per token. */
export function tinySubject(): Subject {
  const config = llama.parseConfig(
    {
      vocab_size: LETTERS.length,
      hidden_size: 16,
      intermediate_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      max_position_embeddings: 64,
      tie_word_embeddings: true,
    },
    'config.json',
  );
  const random = createRandom(42);
  const shapes = llama.tensorShapes(config);
  const values = new Map(
    [...shapes].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const value = () => (shape.length === 1 ? 1 : random.normal() * 0.3);
      return [name, Float32Array.from({ length: size }, value)];
    }),
  );
  const tensor = (name: string) => tf.tensor(values.get(name)!, [...shapes.get(name)!]);
  const model: Model = {
    family: llama as unknown as Model['family'],
    config,
    weights: {
      tensor,
      linear: (module, x) => tf.matMul(x, tensor(`${module}.weight`), false, true),
    },
  };
  const engine = createCompiledEngine({
    device: 'cpu',
    threads: 1,
    accuracyLevel: 0,
    mapFrom: Number.POSITIVE_INFINITY,
    widenUpTo: Number.POSITIVE_INFINITY,
  });
  return { engine, model, modelHash: 'tiny', tokenizer: { encode } };
}

/** Questions whose answers follow from their last letter. */
export function letterExamples(group: string, letters: string, answer: string): Example[] {
  return [...letters].map((letter, i) => ({
    id: String(i),
    group,
    fact: letter,
    context: `${group}: what goes with ${letter}? `,
    target: answer,
  }));
}
