/**
 * `npm run bench [-- NAME…]`: speed and memory as ratios, peers run in turn with ours on the same
 * machine. Prints a Markdown table; copy it into docs/log.md with what was learned.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bucket } from '../src/core/engine/buckets.ts';
import { createEngine } from '../src/core/engine/index.ts';
import { scoreProgram } from '../src/core/evaluate/score-program.ts';
import { createGenerator } from '../src/core/generate/generate.ts';
import { createRandom } from '../src/core/random.ts';
import { compressRows } from './compress.ts';
import { gptqRows } from './gptq.ts';
import { idpOverhead } from './idp-overhead.ts';
import { median, peakMegabytes, times } from './measure.ts';
import { promptTuning } from './prompt-tuning.ts';
import { multipliedParameters, withRandomModel } from './random-model.ts';
import { type Row, screenRows } from './screens.ts';
import { STEP } from './step-shape.ts';
import { workbenchRun } from './workbench-run.ts';

const threads = availableParallelism();
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface StepTimes {
  readonly milliseconds: readonly number[];
}

function ownStep(bits: 4 | 32, level: 0 | 4, steps: number): StepTimes {
  const args = [here('prompt-step.ts'), bits, level, threads, steps].map(String);
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** PyTorch's step, or why it can't be had. Debian's python3-torch is in the system's Python. */
function torchStep(steps: number): (StepTimes & { version: string }) | string {
  for (const python of ['python3', '/usr/bin/python3']) {
    const args = [here('peers/prompt_step.py'), String(threads), String(steps)];
    const { stdout, status } = spawnSync(python, args, { encoding: 'utf8' });
    if (status === 0) return JSON.parse(stdout);
  }
  return 'skipped: no Python with torch found';
}

const gigaflops = (milliseconds: number): number => {
  const { layers, batch, length, tokens } = STEP;
  // Forward and backward to the input: 4 operations per parameter and token.
  return (4 * batch * (length + tokens) * multipliedParameters(layers)) / milliseconds / 1e6;
};

/** Ratios of neighbours in time, so that a machine that slows down slows both. */
function promptStep(): Row[] {
  const own: number[] = [];
  const ratios: number[] = [];
  let version = '';
  for (let round = 0; round < 3; round++) {
    const mine = median(ownStep(32, 0, 5).milliseconds);
    own.push(mine);
    const peer = torchStep(3);
    if (typeof peer === 'string') version = peer;
    else {
      version = `PyTorch ${peer.version}`;
      ratios.push(median(peer.milliseconds) / mine);
    }
  }
  const mine = median(own);
  return [
    {
      what: 'prompt step, fp32, 4 blocks d=768',
      measured: `${mine.toFixed(0)} ms, ${gigaflops(mine).toFixed(0)} GFLOP/s`,
      target: '≥ 150 GFLOP/s',
    },
    {
      what: `the same against ${version}`,
      measured: ratios.length > 0 ? `${median(ratios).toFixed(2)}× its speed` : '–',
      target: '≥ 2×',
    },
  ];
}

function fourBitStep(): Row[] {
  const ratios = { 0: [] as number[], 4: [] as number[] };
  for (let round = 0; round < 3; round++) {
    const dense = ownStep(32, 0, 5);
    for (const level of [0, 4] as const) {
      const packed = ownStep(4, level, 5);
      ratios[level].push(median(dense.milliseconds) / median(packed.milliseconds));
    }
  }
  return [
    ...([0, 4] as const).map((level) => ({
      what: `prompt step, 4-bit group 128, accuracy level ${level}`,
      measured: `${median(ratios[level]).toFixed(2)}× the fp32 step's speed`,
      target: '≥ 0.85×',
    })),
    sessionMemory(),
  ];
}

/** Private memory of a session that holds 12 blocks ready to decode, 4-bit against fp32. */
function sessionMemory(): Row {
  const megabytes = ([4, 32] as const).map((bits) => {
    const args = ['--expose-gc', here('session-memory.ts'), String(bits), String(threads)];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { megabytes?: number }).megabytes;
  });
  const [packed, dense] = megabytes;
  return {
    what: 'memory of a 12-block session, 4-bit group 128 against fp32',
    measured:
      packed && dense
        ? `${packed.toFixed(0)} of ${dense.toFixed(0)} MB, ${(packed / dense).toFixed(2)}×`
        : 'not measured (needs Linux)',
    target: '≤ 0.3×',
  };
}

async function decode(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const level of [0, 4] as const) {
    const perToken = await withRandomModel(12, 4, async (model) => {
      const generator = createGenerator(await createEngine({ threads, accuracyLevel: level }), {
        model,
      });
      const random = createRandom(3, 'decode');
      const ids = Array.from({ length: 128 }, () => random.integer(model.config.vocabularySize));
      const stamps: number[] = [];
      for (let round = 0; round < 2; round++) {
        stamps.length = 0;
        for await (const _ of generator.generate(ids, { maxTokens: 128 }))
          stamps.push(performance.now());
      }
      await generator.release();
      return median(stamps.slice(1).map((stamp, i) => stamp - stamps[i]!));
    });
    rows.push({
      what: `decode, 12 blocks d=768, 4-bit group 128, accuracy level ${level}, 128 + 128 tokens`,
      measured: `${(1000 / perToken).toFixed(0)} tokens/s`,
      target: '≥ 70 tokens/s',
    });
  }
  return rows;
}

/** What static shapes cost: compiling once per bucket, and computing on its padding. */
async function buckets(): Promise<Row[]> {
  const { layers, batch } = STEP;
  return withRandomModel(layers, 32, async (model) => {
    const engine = await createEngine({ threads });
    const random = createRandom(4, 'buckets');
    const compiling: number[] = [];
    const stepping = async (length: number) => {
      const start = performance.now();
      const executable = await engine.compile(scoreProgram({ model }, { batch, length, rows: 16 }));
      compiling.push(performance.now() - start);
      const feeds = {
        ids: Int32Array.from({ length: batch * length }, () => random.integer(8192)),
        rows: new Int32Array(16),
        targets: new Int32Array(16),
      };
      const measured = median(await times(() => executable.run(feeds), 7));
      await executable.release();
      return measured;
    };
    const lengths = [20, 40, 72, 100, 150];
    const ratios: number[] = [];
    for (const length of lengths)
      ratios.push((await stepping(bucket(length))) / (await stepping(length)));
    return [
      {
        what: `buckets: a forward pass at ${lengths.join(', ')} tokens against exact shapes`,
        measured: `${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}× the time`,
        target: '–',
      },
      {
        what: 'buckets: tracing and compiling one shape, 4 blocks d=768',
        measured: `${median(compiling).toFixed(0)} ms`,
        target: '–',
      },
    ];
  });
}

/** The main job, in a process of its own and a folder that is deleted afterwards. */
async function repair(): Promise<Row[]> {
  const home = await mkdtemp(join(tmpdir(), 'kintsugi-bench-'));
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [here('../src/main/cli/index.ts'), 'repair', '--preset', 'quick', '--home', home],
    { stdio: 'ignore' },
  );
  let peak = 0;
  const poll = setInterval(() => {
    peak = Math.max(peak, peakMegabytes(child.pid!) ?? 0);
  }, 250);
  const [code] = await once(child, 'exit');
  clearInterval(poll);
  const minutes = (performance.now() - start) / 60_000;
  await rm(home, { recursive: true });
  if (code !== 0) throw new Error(`repair ended with ${code}`);
  return [
    { what: 'repair --preset quick', measured: `${minutes.toFixed(1)} minutes`, target: '≤ 3' },
    {
      what: 'its peak memory',
      measured: peak > 0 ? `${peak.toFixed(0)} MB` : 'not measured (needs Linux)',
      target: '≤ 2000 MB',
    },
  ];
}

const benches: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  'prompt-step': promptStep,
  'four-bit-step': fourBitStep,
  decode,
  buckets,
  idp: () => idpOverhead(threads),
  gptq: () => gptqRows(threads),
  compress: () => compressRows(22, threads),
  'compress-small': () => compressRows(2, threads),
  tuning: promptTuning,
  repair,
  workbench: workbenchRun,
  screens: screenRows,
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benches));
if (unknown) {
  console.error(`There is no benchmark ${unknown}; choose of: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const date = new Date().toISOString().slice(0, 10);
console.log(`${date}, ${threads} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
console.log('| what | measured | target |\n|---|---|---|');
const all = Object.keys(benches).filter((name) => name !== 'compress-small');
for (const name of names.length > 0 ? names : all)
  for (const { what, measured, target } of await benches[name]!())
    console.log(`| ${what} | ${measured} | ${target} |`);
