/** For compress.ts: compresses a folder, or generates with one, and prints what that took. */
import { openCheckpoint } from '../src/core/checkpoint/folder.ts';
import { compress } from '../src/core/compress/compress.ts';
import { openModel } from '../src/core/compress/open.ts';
import { defaultCompression } from '../src/core/compress/options.ts';
import { createEngine } from '../src/core/engine/index.ts';
import { createGenerator } from '../src/core/generate/generate.ts';
import { createRandom } from '../src/core/random.ts';
import { CALIBRATION } from './calibration-shape.ts';

const [task, dir, out, threads] = process.argv.slice(2) as [string, string, string, string];
const engine = await createEngine({ threads: Number(threads) });
const random = createRandom(7, 'calibration');

async function compressing() {
  const checkpoint = await openCheckpoint(dir);
  const ids = Int32Array.from({ length: CALIBRATION.sequences * CALIBRATION.length }, () =>
    random.integer(32_000),
  );
  const started = performance.now();
  const report = await compress({
    checkpoint,
    out,
    options: defaultCompression,
    calibration: { ids, length: CALIBRATION.length },
    engine,
    seed: 7,
    threads: Number(threads),
    onProgress: ({ block, blocks, done, secondsLeft, layer }) =>
      console.error(
        `block ${block} of ${blocks}, linear ${done} ${layer.module} ${layer.seconds.toFixed(2)} s, ${secondsLeft.toFixed(0)} s left`,
      ),
  });
  const { process, phases, disk } = report;
  return { seconds: (performance.now() - started) / 1000, process, phases, disk };
}

async function generating() {
  const opening = performance.now();
  const { model } = await openModel(out);
  const opened = performance.now();
  const generator = createGenerator(engine, { model });
  const ids = Array.from({ length: 32 }, () => random.integer(32_000));
  const stamps: number[] = [];
  for await (const _ of generator.generate(ids, { maxTokens: 33 })) stamps.push(performance.now());
  await generator.release();
  return {
    opening: (opened - opening) / 1000,
    first: (stamps[0]! - opened) / 1000,
    perSecond: ((stamps.length - 1) * 1000) / (stamps.at(-1)! - stamps[0]!),
  };
}

console.log(JSON.stringify(await (task === 'compress' ? compressing() : generating())));
