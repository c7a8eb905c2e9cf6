import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/core/engine/program.ts';
import { answerTasks, type Continuer } from '../../../src/core/evaluate/answer.ts';
import { BENCHMARKS, findBenchmark } from '../../../src/core/evaluate/benchmarks/index.ts';
import { loadBenchmark } from '../../../src/core/evaluate/benchmarks/load.ts';
import { loadWikitext, measureWikitext } from '../../../src/core/evaluate/benchmarks/wikitext.ts';
import { taskMetrics } from '../../../src/core/evaluate/metrics.ts';
import type { Scorer } from '../../../src/core/evaluate/score.ts';
import { endings, type Item, tuningExamples } from '../../../src/core/evaluate/tasks.ts';
import { createAnswerer } from '../../../src/main/compute/answerer.ts';
import { openEngine } from '../../../src/main/compute/engine.ts';
import { type LoadedModel, loadModel } from '../../../src/main/compute/load-model.ts';
import { failure } from '../checkpoint/files.ts';

const fixture = new URL('../../fixtures/tasks', import.meta.url).pathname;
const data = join(fixture, 'data');

interface Sample {
  /** Context and continuation, or context and settings of generation. */
  readonly asked: readonly (readonly [string, string | object])[];
  /** Log-likelihood and whether it is greedy, or the generated text. */
  readonly got: readonly (readonly [number, boolean] | string | number)[];
  readonly metrics: Readonly<Record<string, number | readonly unknown[]>>;
}

interface Golden {
  readonly results: Readonly<Record<string, number | 'N/A'>>;
  readonly samples: readonly Sample[];
}

/** What lm-evaluation-harness made of the same files. */
const golden: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(join(fixture, 'golden.json'), 'utf8'),
);
const ALL = { heldout: 1000, train: 1000 };
const NAMES = Object.keys(golden).filter((name) => name !== 'wikitext');
const load = (name: string, root = data) => loadBenchmark(findBenchmark(name)!, root, ALL);

let engine: Engine;
let loaded: LoadedModel;
let answerer: Scorer & Continuer;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu', threads: 1 });
  loaded = await loadModel(join(fixture, 'model'));
  answerer = createAnswerer(engine, { model: loaded.model });
});
afterAll(() => answerer.release());

it('has the twelve tasks, and every subject of mmlu', () => {
  expect(BENCHMARKS).toHaveLength(12);
  expect(findBenchmark('mmlu_us_foreign_policy')).toBeDefined();
  expect(findBenchmark('mmlu_cooking')).toBeUndefined();
});

describe.each(NAMES)('%s, against lm-evaluation-harness', (name) => {
  const { results, samples } = golden[name]!;

  it('asks the same', async () => {
    const { heldout, kind } = await load(name);
    const asked = heldout.map((item: Item) =>
      endings(item).map(({ context, target }) =>
        kind === 'generation' ? [context] : [context, target],
      ),
    );
    const expected = samples.map((sample) =>
      kind === 'generation'
        ? expect.arrayContaining([[sample.asked[0]![0]]])
        : sample.asked.map(([context, continuation]) => [context, continuation]),
    );
    expect(asked).toEqual(expected);
  });

  it('finds the same likelihoods, answers and metrics', async () => {
    const task = await load(name);
    const answers = await answerTasks(answerer, loaded.tokenizer, [task], 1000);
    answers.forEach((answer, i) => {
      const { got, metrics } = samples[i]!;
      if (task.kind === 'generation') {
        // The harness keeps what came before the stop as it is; both compare it trimmed.
        expect(answer.text).toBe(String(got[0]).trim());
        expect(answer.correct).toBe(metrics['exact_match'] === 1);
        return;
      }
      const pairs = got as readonly (readonly [number, boolean])[];
      expect(answer.logLikelihoods).toHaveLength(pairs.length);
      pairs.forEach(([logLikelihood], choice) => {
        expect(Math.abs(answer.logLikelihoods[choice]! - logLikelihood)).toBeLessThan(1e-3);
      });
      if (task.kind === 'choice') {
        const best = Math.max(...pairs.map(([value]) => value));
        expect(answer.picked).toBe(pairs.findIndex(([value]) => value === best));
      } else expect(answer.picked).toBe(pairs.findIndex(([, greedy]) => greedy));
    });
    const measured = taskMetrics(task, answers);
    const filter = task.kind === 'generation' ? 'remove_whitespace' : 'none';
    for (const [metric, { mean, standardError }] of Object.entries(measured)) {
      const expected = results[`${metric},${filter}`] as number;
      expect(Math.abs(mean - expected), metric).toBeLessThanOrEqual(1e-4 * expected);
      if (metric === 'perplexity') continue;
      const error = results[`${metric}_stderr,${filter}`]!;
      if (standardError === undefined) expect(error).toBe('N/A');
      else expect(standardError).toBeCloseTo(error as number, 6);
    }
    const known = Object.keys(results).filter((key) => !key.includes('_stderr'));
    expect(Object.keys(measured).map((metric) => `${metric},${filter}`)).toEqual(known);
  });
});

it('measures wikitext as the harness does, on windows and on a page longer than the model', async () => {
  const pages = await loadWikitext(data, 10);
  const { results } = golden['wikitext']!;
  const { room } = answerer;
  expect(loaded.tokenizer.encode(pages[1]!).length).toBeGreaterThan(room);
  const measured = await measureWikitext(answerer, loaded.tokenizer, pages, room);
  for (const metric of ['word_perplexity', 'byte_perplexity', 'bits_per_byte'] as const) {
    expect(measured[metric] / (results[`${metric},none`] as number)).toBeCloseTo(1, 4);
  }
});

describe('loading', () => {
  it('takes mmlu from all subjects in turn, a limit of each the first', async () => {
    const task = await loadBenchmark(findBenchmark('mmlu')!, data, { heldout: 2, train: 0 });
    expect(task.heldout.map(({ context }) => context.split('\n')[0])).toEqual([
      expect.stringContaining('about anatomy.'),
      expect.stringContaining('about high school european history.'),
    ]);
    expect((await load('mmlu')).heldout).toHaveLength(3);
  });

  it('makes tuning examples of the training split, with the loss on the answer alone', async () => {
    const names = ['arc_easy', 'winogrande', 'webqs', 'piqa', 'triviaqa'];
    const last = async (name: string) => tuningExamples(await load(name)).at(-1)!;
    expect(await Promise.all(names.map(last))).toMatchObject([
      { context: 'Question: What is the capital of France?\nAnswer:', target: ' Paris' },
      { context: 'The opposite of dark is light, so hot', target: ' is the opposite of cold.' },
      { context: 'Question: What is the capital of France?\nAnswer:', target: ' Lutetia' },
      { context: 'Question: What is the capital of France?\nAnswer:', target: ' Paris' },
      { context: 'Question: What is the capital of France?\nAnswer:', target: ' PARIS!' },
    ]);
    expect((await load('lambada_openai')).train).toEqual([]);
  });

  it('finds datasets where the hub keeps them', async () => {
    const root = mkdtempSync(join(tmpdir(), 'kintsugi-cache-'));
    const commit = 'a'.repeat(40);
    const cached = join(root, 'datasets--baber--piqa');
    mkdirSync(join(cached, 'refs'), { recursive: true });
    writeFileSync(join(cached, 'refs', 'main'), commit);
    cpSync(join(data, 'baber/piqa'), join(cached, 'snapshots', commit), { recursive: true });
    expect((await load('piqa', root)).heldout).toHaveLength(3);
    await expect(load('sciq', root)).rejects.toEqual(
      failure('DATA_INVALID', /has no dataset allenai\/sciq/),
    );
    rmSync(root, { recursive: true });
  });
});

describe('malformed data', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'kintsugi-data-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const write = (path: string, content: string | Uint8Array) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const piqa = (row: object) =>
    JSON.stringify({ goal: 'g', sol1: 'a', sol2: 'b', label: 0, ...row });

  it.each([
    ['a missing column', { sol2: undefined }, 'column "sol2" is missing', 'line 2, sol2'],
    ['a wrong type', { goal: 7 }, 'column "goal" is not as piqa has it', 'line 2, goal'],
    ['a label past the choices', { label: 2 }, '"2" is no choice from 0 to 1', 'line 2, label'],
    ['a label that is none', { label: '' }, '"" is no choice', 'line 2, label'],
  ])('is refused: %s', async (_, change, message, field) => {
    const file = write('baber/piqa/validation.jsonl', `${piqa({})}\n${piqa(change)}\n`);
    await expect(load('piqa', root)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(message),
      file,
      field,
    });
  });

  it('is refused: an empty split, and one that is not there', async () => {
    write('baber/piqa/validation.jsonl', '');
    await expect(load('piqa', root)).rejects.toEqual(
      failure('DATA_INVALID', /no rows in its split "validation"/),
    );
    rmSync(join(root, 'baber/piqa/validation.jsonl'));
    write('baber/piqa/train.jsonl', piqa({}));
    await expect(load('piqa', root)).rejects.toEqual(
      failure('DATA_INVALID', /no \.parquet, \.jsonl or \.csv file for the split "validation"/),
    );
    write('EleutherAI/wikitext_document_level/wikitext-2-raw-v1/test.jsonl', '');
    await expect(loadWikitext(root, 9)).rejects.toEqual(
      failure('DATA_INVALID', /has no pages in its split "test"/),
    );
  });

  it('is refused: Parquet that is cut, damaged, or something else', async () => {
    const whole = readFileSync(join(data, 'allenai/sciq/data/test-00000-of-00001.parquet'));
    const damaged = Uint8Array.from(whole);
    damaged.fill(0xff, 8, 200);
    for (const bytes of [
      whole.subarray(0, -20),
      whole.subarray(20),
      damaged,
      Buffer.from('PAR1'),
    ]) {
      const file = write('allenai/sciq/data/test-00000-of-00001.parquet', bytes);
      await expect(load('sciq', root)).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringContaining('is not a whole Parquet file'),
        file,
      });
    }
  });

  it('is refused: a key that none of the choices has', async () => {
    const row = { question: 'q', choices: { text: ['a', 'b'], label: ['A', 'B'] }, answerKey: 'C' };
    write('allenai/ai2_arc/ARC-Easy/test.jsonl', JSON.stringify(row));
    await expect(load('arc_easy', root)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('"C" is none of A, B'),
      field: 'line 1, answerKey',
    });
  });
});
