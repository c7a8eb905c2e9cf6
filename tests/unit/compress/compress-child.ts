import { join } from 'node:path';
import { openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { calibrationIds } from './tiny-model.ts';

/** For resume.test.ts: compresses as it does, and says when the third block has begun. */
const [folder, out] = process.argv.slice(2) as [string, string];
await compress({
  checkpoint: await openCheckpoint(join(folder, 'model')),
  out: join(folder, out),
  options: { ...defaultCompression, bits: 2, groupSize: 16, actOrder: true },
  calibration: calibrationIds(6, 24),
  engine: await createEngine({ device: 'cpu', threads: 1 }),
  seed: 1,
  onProgress: ({ done }) => done === 15 && process.send?.('third block'),
});
// Stays, so that it can only end by being killed.
setInterval(() => undefined, 1000);
