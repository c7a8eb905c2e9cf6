import { mkdir } from 'node:fs/promises';
import { createEngine } from '../../src/core/engine/index.ts';
import type { DecoderConfig } from '../../src/core/models/decoder-config.ts';
import type { Tokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { createSchedule } from '../../src/core/tune/schedule.ts';
import { train } from '../../src/core/tune/train.ts';
import type { Corpus } from './corpus.ts';
import { createPacker } from './packing.ts';
import { EMBEDDING, pretrainStep } from './pretrain-step.ts';

interface CorpusTraining {
  readonly config: DecoderConfig;
  /** Updated in place. */
  readonly parameters: Record<string, Float32Array>;
  readonly tokenizer: Tokenizer;
  readonly createCorpus: () => Corpus;
  readonly steps: number;
  /** Rows per step, and their tokens. */
  readonly batch: number;
  readonly length: number;
  readonly seed: number;
  /** Peak learning rate. */
  readonly rate: number;
  /** Loss weight of tokens that are not part of an answer. */
  readonly contextWeight: number;
  /** Folder of the training checkpoints. */
  readonly work: string;
  /** Everything that decides the numbers. */
  readonly identity: unknown;
}

const WARMUP = 100;

/** Trains all weights on documents of a corpus; resumes from `work` after an interruption. */
export async function trainOnCorpus(training: CorpusTraining) {
  const { config, parameters, steps, batch, length, seed, rate } = training;
  const packer = createPacker(training.createCorpus, training.tokenizer, training);
  const engine = await createEngine();
  const step = await engine.compile(pretrainStep(config, batch, length));
  const schedule = createSchedule({
    kind: 'cosine',
    peak: rate,
    warmup: Math.min(WARMUP, steps),
    steps,
    floor: rate * 0.05,
  });
  const width = config.hiddenSize;
  const curve = ['step,loss,minutes'];
  const started = Date.now();
  const minutes = () => (Date.now() - started) / 60_000;
  let average: number | undefined;
  await mkdir(training.work, { recursive: true });
  await train({
    parameters,
    steps,
    schedule,
    seed,
    optimizer: { beta2: 0.98, weightDecay: 0.02, decay: (name) => !name.includes('norm') },
    checkpoint: { dir: training.work, identity: training.identity, everySeconds: 120 },
    async step({ index }) {
      const rows = packer.batch(index);
      const { loss, 'grad.rows': embedded, ...rest } = await step.run({ ...parameters, ...rows });
      const gradients = Object.fromEntries(
        Object.entries(rest).map(([name, g]) => [name.slice('grad.'.length), g as Float32Array]),
      );
      const table = gradients[EMBEDDING]!;
      rows.ids.forEach((id, row) => {
        for (let i = 0; i < width; i++) table[id * width + i]! += embedded![row * width + i]!;
      });
      return { loss: loss![0]!, gradients };
    },
    onProgress({ step: done, loss, secondsLeft }) {
      average = average === undefined ? loss : 0.98 * average + 0.02 * loss;
      if (done % 50 !== 0 && done !== steps) return;
      curve.push(`${done},${average.toFixed(4)},${minutes().toFixed(1)}`);
      console.log(
        `step ${done}/${steps} loss ${average.toFixed(4)} ${minutes().toFixed(1)} min, ${(secondsLeft / 60).toFixed(1)} left`,
      );
    },
    onNotice: (message) => console.log(message),
  });
  return { curve, minutes: minutes(), device: engine.device };
}
