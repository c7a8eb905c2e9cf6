/**
 * Writes the starter's tokenizer, tasks and texts under resources/starter, the same bytes for the same options:
 *   node scripts/starter/build.ts [--people N] [--places N] [--vocabulary N]
 * and prints what the facts and documents amount to.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@huggingface/tokenizers';
import { createRandom } from '../../src/core/random.ts';
import { END_OF_TEXT, tokenizerConfigJson, tokenizerJson, trainBpe } from './bpe.ts';
import type { Corpus, CorpusOptions } from './corpus.ts';
import { createCorpus, DEFAULT_CORPUS } from './corpus.ts';
import { STARTER_FOLDER } from './facts.ts';
import { createTasks } from './tasks.ts';
import { fillStatement } from './writer.ts';

const INVENTED_FAMILIES = new Set(['people', 'towns']);
const MODEL_LENGTH = 512;
const TOKENIZER_DOCUMENTS = 5000;
/** Documents of streams that pretraining does not read. */
const TEXTS = { calibration: 64, tuning: 128, heldout: 32 };

function main(): void {
  const number = (fallback: number) => ({ type: 'string', default: `${fallback}` }) as const;
  const { values } = parseArgs({
    options: {
      people: number(DEFAULT_CORPUS.people),
      places: number(DEFAULT_CORPUS.places),
      vocabulary: number(4096),
    },
  });
  const options = {
    ...DEFAULT_CORPUS,
    people: Number(values.people),
    places: Number(values.places),
  };
  const corpus = createCorpus(options);
  const bpe = trainBpe(tokenizerTexts(corpus, options), Number(values.vocabulary));
  const [tokenizer, config] = [tokenizerJson(bpe), tokenizerConfigJson(MODEL_LENGTH)];
  write('tokenizer.json', `${JSON.stringify(tokenizer, null, 1)}\n`);
  write('tokenizer_config.json', `${JSON.stringify(config, null, 2)}\n`);
  for (const task of createTasks(corpus, options.seed)) {
    write(`tasks/${task.name}.json`, `${JSON.stringify(task, null, 1)}\n`);
    console.log(
      `task ${task.name} (${task.kind}): ${task.train.length} train, ${task.heldout.length} held out`,
    );
  }
  // One document after another, each closed by a line that holds only the separator token.
  for (const [name, count] of Object.entries(TEXTS)) {
    const documents = drawTexts(options, name, count);
    write(`text/${name}.txt`, documents.map((text) => `${text}\n${END_OF_TEXT}\n`).join(''));
  }
  describe(corpus, new Tokenizer(tokenizer, config), drawTexts(options, 'describe', 200));
}

/** Documents, and the real world once more in every wording: its words are many and each rare, and deserve tokens. */
function tokenizerTexts(corpus: Corpus, options: CorpusOptions): string[] {
  const real = corpus.facts.filter(({ family }) => !INVENTED_FAMILIES.has(family));
  const wordings = real.flatMap((fact) =>
    corpus.relations
      .get(fact.relation)!
      .statements.map((stem) => `${fillStatement(stem, fact.subject)} ${fact.answer}.`),
  );
  return [...drawTexts(options, 'tokenizer', TOKENIZER_DOCUMENTS), ...wordings];
}

/** Documents of a stream of its own over the same facts. */
function drawTexts(options: CorpusOptions, stream: string, count: number): string[] {
  const corpus = createCorpus({ ...options, stream });
  const random = createRandom(options.seed, `style ${stream}`);
  return Array.from({ length: count }, () =>
    corpus
      .document(random)
      .map((segment) => segment.text)
      .join(''),
  );
}

function write(path: string, content: string): void {
  const file = join(STARTER_FOLDER, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

function describe(corpus: Corpus, tokenizer: Tokenizer, documents: readonly string[]): void {
  const count = (text: string) => tokenizer.encode(text).ids.length;
  for (const [family, facts] of Map.groupBy(corpus.facts, (fact) => fact.family))
    console.log(`${family}: ${facts.length} facts`);
  const answers = corpus.facts.map((fact) => count(` ${fact.answer}`));
  const tokens = documents.reduce((sum, text) => sum + count(text), 0);
  const characters = documents.reduce((sum, text) => sum + text.length, 0);
  const share = answers.filter((n) => n <= 2).length / answers.length;
  console.log(
    `facts: ${corpus.facts.length}, invented answers: ${Math.round(corpus.inventedBits)} bits`,
  );
  console.log(
    `answers: ${mean(answers)} tokens on average, ${(100 * share).toFixed(1)}% in one or two`,
  );
  console.log(
    `subjects: ${mean(corpus.facts.map((fact) => count(` ${fact.subject}`)))} tokens on average`,
  );
  console.log(
    `documents: ${(tokens / documents.length).toFixed(0)} tokens, ${(characters / tokens).toFixed(2)} characters per token`,
  );
}

const mean = (values: readonly number[]) =>
  (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);

main();
