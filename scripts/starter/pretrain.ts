/**
 * Trains the starter model with the project's own engine: `npm run pretrain`. Resumable: run it
 * again after an interruption. The curve goes to resources/starter/training-curve.csv.
 *
 * `npm run pretrain -- --unknown 0.25 --out resources/starter-control` trains the control model of the
 * forgotten-or-displaced test: the same model and training, but a quarter of the facts was never
 * there to be learned (unknown.json lists them), so no prompt can bring them back.
 *
 * `npm run pretrain -- --width 48 --blocks 3 --steps 1500 --rate 4e-3 --out FOLDER` trains another size on the same
 * text, for `npm run science:tuning -- --model FOLDER`.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { llama } from '../../src/core/models/llama/index.ts';
import { createRandom } from '../../src/core/random.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { createCorpus, DEFAULT_CORPUS } from './corpus.ts';
import { STARTER_FOLDER } from './facts.ts';
import { EMBEDDING, parameterCount } from './pretrain-step.ts';
import { writeReport } from './report.ts';
import { saveModel } from './save-model.ts';
import { trainOnCorpus } from './train-on-corpus.ts';

const { values: args } = parseArgs({
  options: {
    /** Of the residual stream, in fours; the MLP is 8/3 of it, in sixteens as packed codes need. */
    width: { type: 'string', default: '192' },
    blocks: { type: 'string', default: '4' },
    steps: { type: 'string', default: '4200' },
    batch: { type: 'string', default: '8' },
    length: { type: 'string', default: '256' },
    rate: { type: 'string', default: '2e-3' },
    seed: { type: 'string', default: '1' },
    /** Loss weight of tokens that are not part of an answer. */
    context: { type: 'string', default: '0.2' },
    /** Share of the things that facts are about of which nothing can be learned. */
    unknown: { type: 'string', default: '0' },
    work: { type: 'string', default: join(import.meta.dirname, '../../.cache/pretrain') },
    out: { type: 'string', default: STARTER_FOLDER },
  },
});
const [steps, batch, length, seed] = [args.steps, args.batch, args.length, args.seed].map(
  Number,
) as [number, number, number, number];
const width = Number(args.width);

const corpus = { ...DEFAULT_CORPUS, unknown: Number(args.unknown) };
const tokenizer = await loadTokenizer(STARTER_FOLDER);
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: tokenizer.vocabularySize,
  hidden_size: width,
  intermediate_size: 16 * Math.round((8 * width) / 48),
  num_hidden_layers: Number(args.blocks),
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

console.log(`${parameterCount(model)} parameters, ${steps * batch * length} tokens`);
const { curve, minutes, device } = await trainOnCorpus({
  config: model,
  parameters,
  tokenizer,
  createCorpus: () => createCorpus(corpus),
  steps,
  batch,
  length,
  seed,
  rate: Number(args.rate),
  contextWeight: Number(args.context),
  work: args.work,
  identity: { ...args, out: undefined, work: undefined },
});
await mkdir(args.out, { recursive: true });
await saveModel(args.out, config, llama.tensorShapes(model), parameters);
await writeFile(join(args.out, 'training-curve.csv'), `${curve.join('\n')}\n`);
if (args.out !== STARTER_FOLDER)
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    await copyFile(join(STARTER_FOLDER, file), join(args.out, file));
if (corpus.unknown > 0) {
  const facts = createCorpus(corpus).unknown.map(({ id }) => id);
  await writeFile(join(args.out, 'unknown.json'), `${JSON.stringify(facts, null, 1)}\n`);
}
if (args.out === STARTER_FOLDER)
  await writeReport(
    `Training: \`npm run pretrain\` — ${steps} steps of ${batch} × ${length} packed tokens, AdamW (peak rate ${args.rate}, cosine), seed ${seed}, answers weighing 1 and other tokens ${args.context}; ${minutes.toFixed(0)} minutes on ${device}.`,
  );
