import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CompressionReport } from '../src/core/compress/report.ts';
import { llama } from '../src/core/models/llama/index.ts';
import { CALIBRATION } from './calibration-shape.ts';
import { anonymousMegabytes, peakMegabytes } from './measure.ts';
import { tinyLlama, writeRandomCheckpoint } from './random-checkpoint.ts';

const TOKENS = CALIBRATION.sequences * CALIBRATION.length;

interface Compressed extends Pick<CompressionReport, 'phases' | 'process' | 'disk'> {
  readonly seconds: number;
}

interface Generated {
  readonly opening: number;
  readonly first: number;
  readonly perSecond: number;
}

/** A random checkpoint of TinyLlama's shapes through GPTQ, and then generating from it. */
export async function compressRows(layers: number, threads: number) {
  const dir = await mkdtemp(join(tmpdir(), 'kintsugi-bench-'));
  try {
    const [model, out] = [join(dir, 'model'), join(dir, 'out')];
    await writeRandomCheckpoint(model, layers);
    const compressed = await child<Compressed>('compress', model, out, threads);
    const generated = await child<Generated>('generate', model, out, threads);
    const [original, dense] = await child<Generated>('generate', model, model, threads);
    return [
      ...rows(layers, compressed, generated),
      {
        what: 'the same from the bf16 original: tokens/s, peak memory anonymous, with mapped files',
        measured: `${original.perSecond.toFixed(1)}, ${megabytes(dense.anonymous)}, ${megabytes(dense.all)}`,
        target: '–',
      },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

interface Peaks {
  readonly anonymous: number;
  readonly all: number;
}

function rows(
  layers: number,
  [compressed, memory]: readonly [Compressed, Peaks],
  [generated, generating]: readonly [Generated, Peaks],
) {
  const { seconds, phases, process, disk } = compressed;
  const operations = layers * operationsOfBlock();
  const { block, activations } = bytes();
  const parts = Object.entries(phases).map(
    ([name, time]) =>
      `${name} ${(time.seconds / layers).toFixed(1)} (${(time.cpuSeconds / layers).toFixed(1)})`,
  );
  return [
    {
      what: `compress: ${layers} blocks of TinyLlama's shapes, bf16, GPTQ 4-bit group 128, ${CALIBRATION.sequences} × ${CALIBRATION.length} tokens`,
      measured: `${(seconds / 60).toFixed(1)} minutes, ${(operations / seconds / 1e9).toFixed(0)} GFLOP/s`,
      target: '–',
    },
    {
      what: 'its peak memory: anonymous, with mapped files, as estimated beforehand',
      measured: `${megabytes(memory.anonymous)}, ${megabytes(memory.all)}, ${megabytes(process.estimated / 2 ** 20)}`,
      target: `≤ ${megabytes((block + activations) / 2 ** 20 + 500)} anonymous, ≤ 2000 MB`,
    },
    {
      what: 'seconds per block, by phase (in brackets: of both cores together)',
      measured: parts.join(', '),
      target: '–',
    },
    {
      what: 'bytes on disk, before and after',
      measured: `${megabytes(disk.original / 2 ** 20)}, ${megabytes(disk.compressed / 2 ** 20)}`,
      target: '–',
    },
    {
      what: 'generating from it: opening, first token after 32, then',
      measured: `${generated.opening.toFixed(1)} s, ${generated.first.toFixed(1)} s, ${generated.perSecond.toFixed(1)} tokens/s`,
      target: '–',
    },
    {
      what: 'its peak memory: anonymous, with mapped files',
      measured: `${megabytes(generating.anonymous)}, ${megabytes(generating.all)}`,
      target: '–',
    },
  ];
}

const megabytes = (value: number) => `${value.toFixed(0)} MB`;

const blockStages = () => {
  const config = llama.parseConfig(tinyLlama(1), 'config.json');
  const shapes = llama.tensorShapes(config);
  return llama
    .stages(config, 0)
    .map((stage) =>
      stage.map((module) => shapes.get(`${module}.weight`) as readonly [number, number]),
    );
};

/** Multiplications and additions: runs of the block, the upper half of XᵀX, factors, solving with its error. */
function operationsOfBlock(): number {
  let operations = 0;
  let weights = 0;
  for (const stage of blockStages()) {
    const columns = stage[0]![1];
    operations += 2 * TOKENS * weights + TOKENS * columns ** 2 + (2 / 3) * columns ** 3;
    for (const [out] of stage) {
      operations += 5 * out * columns ** 2;
      weights += out * columns;
    }
  }
  return operations + 2 * TOKENS * weights;
}

/** Of one block in fp32, and of the calibration activations. */
function bytes() {
  const weights = blockStages().flat();
  const block = 4 * weights.reduce((sum, [out, columns]) => sum + out * columns, 0);
  return { block, activations: 4 * TOKENS * tinyLlama(1).hidden_size };
}

/** Runs a task in a process of its own, watching its memory. */
async function child<T>(task: string, model: string, out: string, threads: number) {
  const file = fileURLToPath(new URL('compress-child.ts', import.meta.url));
  const args = [file, task, model, out, String(threads)];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let [anonymous, all, output] = [0, 0, ''];
  running.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const poll = setInterval(() => {
    anonymous = Math.max(anonymous, anonymousMegabytes(running.pid!) ?? 0);
    all = Math.max(all, peakMegabytes(running.pid!) ?? 0);
  }, 100);
  const [code] = await once(running, 'close');
  clearInterval(poll);
  if (code !== 0) throw new Error(`${task} ended with ${code}`);
  return [JSON.parse(output) as T, { anonymous, all }] as const;
}
