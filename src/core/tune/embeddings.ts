import type { Engine } from '../engine/program.ts';
import { embed, type Model } from '../models/model.ts';

const CHUNK = 512;

/**
 * Input embeddings of tokens as the model's first block reads them, scaling included:
 * ids [n] → row-major [n, embedding].
 */
export async function embedTokens(
  engine: Engine,
  model: Model,
  ids: ArrayLike<number>,
): Promise<Float32Array> {
  const width = model.config.embeddingSize;
  const program = await engine.compile({
    name: 'embed-tokens',
    inputs: { ids: { shape: [1, CHUNK], dtype: 'int32' } },
    build: (inputs) => ({ rows: embed(model, inputs['ids']!) }),
  });
  const embeddings = new Float32Array(ids.length * width);
  try {
    for (let start = 0; start < ids.length; start += CHUNK) {
      const chunk = new Int32Array(CHUNK);
      const count = Math.min(CHUNK, ids.length - start);
      for (let i = 0; i < count; i++) chunk[i] = ids[start + i]!;
      const { rows } = await program.run({ ids: chunk });
      embeddings.set(rows!.subarray(0, count * width), start * width);
    }
  } finally {
    await program.release();
  }
  return embeddings;
}

/** Mean input embedding of each sequence of token ids, row-major [sequences, embedding]. */
export async function meanEmbeddings(
  engine: Engine,
  model: Model,
  sequences: readonly ArrayLike<number>[],
): Promise<Float32Array> {
  const width = model.config.embeddingSize;
  const distinct = [...new Set(sequences.flatMap((ids) => Array.from(ids)))];
  const rows = await embedTokens(engine, model, distinct);
  const rowOf = new Map(distinct.map((id, i) => [id, i * width]));
  const means = new Float32Array(sequences.length * width);
  sequences.forEach((ids, sequence) => {
    for (let t = 0; t < ids.length; t++)
      for (let i = 0; i < width; i++)
        means[sequence * width + i]! += rows[rowOf.get(ids[t]!)! + i]! / ids.length;
  });
  return means;
}
