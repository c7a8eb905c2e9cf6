/**
 * Measures the shipped model and writes resources/starter/README.md; pretraining ends with it.
 * Run alone: `node scripts/with-setup.mjs scripts/starter/report.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { openModel } from '../../src/core/compress/open.ts';
import { createEngine } from '../../src/core/engine/index.ts';
import { answerTasks } from '../../src/core/evaluate/answer.ts';
import { perplexity } from '../../src/core/evaluate/perplexity.ts';
import { loadTasks } from '../../src/core/evaluate/tasks.ts';
import { createGenerator } from '../../src/core/generate/generate.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { createAnswerer } from '../../src/main/compute/answerer.ts';
import { createCorpus, DEFAULT_CORPUS } from './corpus.ts';
import { STARTER_FOLDER } from './facts.ts';
import { parameterCount } from './pretrain-step.ts';

const OPENINGS = [
  'The capital of France is',
  'The chemical symbol of gold is',
  'The opposite of hot is',
  'The plural of mouse is',
  'Question: What is the currency of Japan?\nAnswer:',
  'Question: What is 7 plus 5?\nAnswer:',
];

async function generations(engine: Awaited<ReturnType<typeof createEngine>>) {
  const { model } = await openModel(STARTER_FOLDER);
  const tokenizer = await loadTokenizer(STARTER_FOLDER);
  const generator = createGenerator(engine, { model });
  const lines: string[] = [];
  for (const opening of OPENINGS) {
    const ids: number[] = [];
    const start = [tokenizer.bosId!, ...tokenizer.encode(opening)];
    for await (const id of generator.generate(start, { maxTokens: 12 })) ids.push(id);
    lines.push(`${opening}${tokenizer.decode(ids)}`.replaceAll('\n', ' ⏎ '));
  }
  await generator.release();
  return lines;
}

/** `training`: one sentence on how the weights came to be. */
export async function writeReport(training: string): Promise<void> {
  const engine = await createEngine();
  const { model, checkpoint } = await openModel(STARTER_FOLDER);
  const tokenizer = await loadTokenizer(STARTER_FOLDER);
  const tasks = await loadTasks(join(STARTER_FOLDER, 'tasks'));
  const text = await readFile(join(STARTER_FOLDER, 'text', 'heldout.txt'), 'utf8');
  const scorer = createAnswerer(engine, { model });
  const answers = await answerTasks(scorer, tokenizer, tasks, Number.POSITIVE_INFINITY);
  const held = await perplexity(scorer, tokenizer.encode(text), tokenizer.bosId!, 255);
  await scorer.release();
  const rows = tasks.map(({ name, title, kind, heldout }) => {
    const own = answers.filter((answer) => answer.task === name);
    const accuracy = own.filter((answer) => answer.correct).length / own.length;
    return {
      line: `| ${title} (\`${name}\`) | ${kind} | ${heldout.length} | ${(accuracy * 100).toFixed(1)}% |`,
      accuracy,
    };
  });
  const mean = rows.reduce((sum, row) => sum + row.accuracy, 0) / rows.length;
  const corpus = createCorpus(DEFAULT_CORPUS);
  const date = new Date().toISOString().slice(0, 10);
  await writeFile(
    join(STARTER_FOLDER, 'README.md'),
    `# The starter model

A LLaMA-architecture model of ${parameterCount(model.config).toLocaleString('en')} parameters (${model.config.layers} blocks, width ${model.config.hiddenSize}, byte-level BPE
vocabulary of ${model.config.vocabularySize}) that knows ${corpus.facts.length.toLocaleString('en')} facts: real ones (\`data/*.json\`) and invented people and towns. The project
trained it with its own engine on text it makes itself (\`scripts/starter\`); nothing was downloaded.

${training}

Measured ${date} on ${availableParallelism()} cores (${cpus()[0]?.model.trim()}); weights ${checkpoint.hash.slice(0, 16)}. Every question is asked
in a phrasing that training never showed; \`scripts/starter/report.ts\` wrote this file.

| task | kind | questions | right |
|---|---|---|---|
${rows.map((row) => row.line).join('\n')}
| **mean** | | | **${(mean * 100).toFixed(1)}%** |

Perplexity on held-out documents: ${held.perplexity.toFixed(2)} over ${held.tokens.toLocaleString('en')} tokens.

What it says, greedily:

\`\`\`
${(await generations(engine)).join('\n')}
\`\`\`

The curve of training is in \`training-curve.csv\`. \`npm run pretrain\` makes the weights again.
`,
  );
  console.log(
    `mean accuracy ${(mean * 100).toFixed(1)}%, perplexity ${held.perplexity.toFixed(2)}`,
  );
}
