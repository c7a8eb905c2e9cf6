import { join } from 'node:path';
import { writeFileAtomic } from '../../src/core/checkpoint/atomic.ts';
import { writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';

/** Writes config.json and model.safetensors (float32) as transformers would. */
export async function saveModel(
  dir: string,
  config: Record<string, unknown>,
  shapes: ReadonlyMap<string, readonly number[]>,
  parameters: Readonly<Record<string, Float32Array>>,
): Promise<void> {
  const tensors = [...shapes].map(([name, shape]) => {
    const values = parameters[name]!;
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name, dtype: 'F32' as const, shape: [...shape], data };
  });
  await writeSafetensors(join(dir, 'model.safetensors'), tensors, { format: 'pt' });
  await writeFileAtomic(join(dir, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
