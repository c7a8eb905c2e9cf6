import { join } from 'node:path';
import { openCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { compress } from '../../../src/core/compress/compress.ts';
import { openModel } from '../../../src/core/compress/open.ts';
import { defaultCompression } from '../../../src/core/compress/options.ts';
import { createEngine } from '../../../src/core/engine/index.ts';
import { calibrationIds } from './tiny-model.ts';

/** For memory.test.ts: compresses and opens `folder`/model, and tells how much its memory grew by. */
const folder = process.argv[2]!;
const engine = await createEngine({ device: 'cpu', threads: 1 });
const before = process.memoryUsage.rss();
await compress({
  checkpoint: await openCheckpoint(join(folder, 'model')),
  out: join(folder, 'out'),
  options: { ...defaultCompression, groupSize: 16 },
  calibration: calibrationIds(6, 24),
  engine,
  seed: 1,
});
await openModel(join(folder, 'out'));
process.send?.(process.resourceUsage().maxRSS * 1024 - before);
