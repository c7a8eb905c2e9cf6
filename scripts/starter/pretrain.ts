/**
 * Trains the starter model with the project's own engine: `npm run pretrain`. Resumable: run it
 * again after an interruption. The curve goes to resources/starter/training-curve.csv.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine } from '../../src/core/engine/index.ts';
import { llama } from '../../src/core/models/llama/index.ts';
import { createRandom } from '../../src/core/random.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { createSchedule } from '../../src/core/tune/schedule.ts';
import { train } from '../../src/core/tune/train.ts';
import { createCorpus, DEFAULT_CORPUS } from './corpus.ts';
import { STARTER_FOLDER } from './facts.ts';
import { createPacker } from './packing.ts';
import { EMBEDDING, parameterCount, pretrainStep } from './pretrain-step.ts';
import { writeReport } from './report.ts';
import { saveModel } from './save-model.ts';

const { values: args } = parseArgs({
  options: {
    steps: { type: 'string', default: '4200' },
    batch: { type: 'string', default: '8' },
    length: { type: 'string', default: '256' },
    rate: { type: 'string', default: '2e-3' },
    seed: { type: 'string', default: '1' },
    /** Loss weight of tokens that are not part of an answer. */
    context: { type: 'string', default: '0.2' },
    work: { type: 'string', default: join(import.meta.dirname, '../../.cache/pretrain') },
    out: { type: 'string', default: STARTER_FOLDER },
  },
});
const [steps, batch, length, seed] = [args.steps, args.batch, args.length, args.seed].map(
  Number,
) as [number, number, number, number];

const tokenizer = await loadTokenizer(STARTER_FOLDER);
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: tokenizer.vocabularySize,
  hidden_size: 192,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  hidden_act: 'silu',
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  tie_word_embeddings: true,
  bos_token_id: tokenizer.bosId,
  eos_token_id: tokenizer.eosId,
  torch_dtype: 'float32',
};
const model = llama.parseConfig(config, 'config.json');
const random = createRandom(seed, 'weights');
const parameters: Record<string, Float32Array> = {};
for (const [name, shape] of llama.tensorShapes(model)) {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const residual = /o_proj|down_proj/.test(name) ? 1 / Math.sqrt(2 * model.layers) : 1;
  const scale = name === EMBEDDING ? 0.05 : residual / Math.sqrt(shape[1] ?? 1);
  parameters[name] =
    shape.length === 1 ? values.fill(1) : values.map(() => random.normal() * scale);
}

const packer = createPacker(() => createCorpus(DEFAULT_CORPUS), tokenizer, {
  seed,
  batch,
  length,
  contextWeight: Number(args.context),
});
const engine = await createEngine();
const step = await engine.compile(pretrainStep(model, batch, length));
const schedule = createSchedule({
  kind: 'cosine',
  peak: Number(args.rate),
  warmup: 100,
  steps,
  floor: Number(args.rate) * 0.05,
});
console.log(
  `${parameterCount(model)} parameters, ${steps * batch * length} tokens, ${engine.device}`,
);

const curve = ['step,loss,minutes'];
const started = Date.now();
let average = 0;
const { hidden_size: width } = config;
await mkdir(args.work, { recursive: true });
await train({
  parameters,
  steps,
  schedule,
  seed,
  optimizer: { beta2: 0.98, weightDecay: 0.02, decay: (name) => !name.includes('norm') },
  checkpoint: {
    dir: args.work,
    identity: { ...args, out: undefined, work: undefined },
    everySeconds: 120,
  },
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
    average = done === 1 ? loss : 0.98 * average + 0.02 * loss;
    if (done % 50 !== 0 && done !== steps) return;
    const minutes = ((Date.now() - started) / 60_000).toFixed(1);
    curve.push(`${done},${average.toFixed(4)},${minutes}`);
    console.log(
      `step ${done}/${steps} loss ${average.toFixed(4)} ${minutes} min, ${(secondsLeft / 60).toFixed(1)} left`,
    );
  },
  onNotice: (message) => console.log(message),
});
await saveModel(args.out, config, llama.tensorShapes(model), parameters);
await writeFile(join(args.out, 'training-curve.csv'), `${curve.join('\n')}\n`);
const minutes = ((Date.now() - started) / 60_000).toFixed(0);
if (args.out === STARTER_FOLDER)
  await writeReport(
    `Training: \`npm run pretrain\` — ${steps} steps of ${batch} × ${length} packed tokens, AdamW (peak rate ${args.rate}, cosine), seed ${seed}, answers weighing 1 and other tokens ${args.context}; ${minutes} minutes on ${engine.device}.`,
  );
