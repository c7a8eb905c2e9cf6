/**
 * Private memory that holding a model ready adds: `session-memory.ts BITS THREADS` compiles the
 * decoding program of 12 blocks and prints one JSON line. A process of its own, because memory that
 * was freed earlier would hide it.
 */
import { createEngine } from '../src/core/engine/index.ts';
import { decodeProgram } from '../src/core/generate/programs.ts';
import { anonymousMegabytes } from './measure.ts';
import { withRandomModel } from './random-model.ts';

const [bits, threads] = process.argv.slice(2).map(Number) as [4 | 32, number];

await withRandomModel(12, bits, async (model) => {
  const engine = await createEngine({ threads });
  globalThis.gc?.();
  const before = anonymousMegabytes('self');
  const executable = await engine.compile(decodeProgram(model, 256), { singleToken: true });
  globalThis.gc?.();
  const after = anonymousMegabytes('self');
  await executable.release();
  console.log(JSON.stringify({ megabytes: before && after ? after - before : undefined }));
});
