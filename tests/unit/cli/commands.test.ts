import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readBank } from '../../../src/core/export/bank.ts';
import { loadTokenizer } from '../../../src/core/tokenizer/tokenizer.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

let home = '';
const at = (name: string) => join(home, name);

/** The JSON document of a command that must succeed. */
async function document(...args: string[]) {
  const { code, stdout, stderr } = await kintsugi(home, [...args, '--json', '--threads', '1']);
  expect(stderr).not.toContain('next:');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const refusal = async (...args: string[]) =>
  JSON.parse((await kintsugi(home, [...args, '--json'])).stdout).error;

const TEMPLATE =
  '{% for m in messages %}<|endoftext|>{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:';

const TUNING = ['--data', 'starter:animals', '--steps', '3', '--batch', '2'];

const compressing = () => [
  ...['compress', '--model', at('model'), '--bits', '3', '--group-size', '32'],
  ...['--samples', '2', '--length', '32'],
];

beforeAll(async () => {
  home = temporaryFolder();
  await writeTinyModel(at('model'));
  writeFileSync(at('model/chat_template.jinja'), TEMPLATE);
  const report = await document(...compressing(), '--out', at('small'));
  expect(report.layers).toHaveLength(14);
  expect(report.disk.compressed).toBeLessThan(report.disk.original);
  const tune = ['tune', '--model', at('small'), ...TUNING];
  await document(...tune, '--kind', 'prompt', '--tokens', '3', '--out', at('bank'));
  await document(...tune, '--kind', 'lora', '--rank', '2', '--out', at('lora'));
}, 60_000);

test('a compression that was killed goes on from its last block, to the same files', async () => {
  const args = [...compressing(), '--threads', '1', '--out', at('killed')];
  const killed = await kintsugi(home, args, (stderr, child) => {
    if (stderr.includes('compress block 2 of 2')) child.kill('SIGKILL');
  });
  expect(killed.signal).toBe('SIGKILL');
  expect(killed.stderr).toMatch(/^about .* of memory, .* on disk$/m);
  expect(existsSync(at('killed'))).toBe(false);
  const resumed = await kintsugi(home, args);
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).not.toContain('block 1 of 2');
  const weights = readdirSync(at('small')).filter((name) => name.startsWith('model'));
  expect(weights).toHaveLength(4);
  for (const name of weights)
    expect(readFileSync(join(at('killed'), name))).toEqual(readFileSync(join(at('small'), name)));
  expect(existsSync(at('killed.partial'))).toBe(false);
});

test('a dry run estimates, and writes nothing', async () => {
  const estimate = await document(...compressing(), '--out', at('dry'), '--dry-run');
  for (const need of [estimate.memory, estimate.disk]) {
    const sum = need.items.reduce(
      (total: number, item: { bytes: number }) => total + item.bytes,
      0,
    );
    expect(need.total).toBe(sum);
  }
  expect(estimate.seconds).toBeGreaterThan(0);
  const small = readdirSync(at('small')).filter((name) => name.startsWith('model-'));
  const written = small.reduce((total, name) => total + statSync(join(at('small'), name)).size, 0);
  const [linears, dense] = estimate.disk.items;
  // The estimate leaves out the headers.
  expect((linears.bytes + dense.bytes) / written).toBeCloseTo(1, 1);
  expect(existsSync(at('dry'))).toBe(false);
  expect(
    await refusal(...compressing(), '--group-size', '48', '--dry-run', '--out', at('dry')),
  ).toMatchObject({
    code: 'QUANTIZATION_INVALID',
  });
});

test('tuning leaves PEFT folders and no checkpoints', () => {
  expect(readdirSync(at('bank'))).toContain('bank.json');
  expect(readdirSync(at('lora'))).toContain('adapter_model.safetensors');
  expect(existsSync(`${at('bank')}.training`)).toBe(false);
});

test('a bank or adapter for other weights is refused', async () => {
  const evaluate = ['evaluate', '--model', at('model'), '--tasks', 'animals'];
  expect(await refusal(...evaluate, '--bank', at('bank'))).toMatchObject({
    code: 'BANK_INCOMPATIBLE',
  });
  expect(await refusal(...evaluate, '--adapter', at('lora'))).toMatchObject({
    code: 'ADAPTER_INCOMPATIBLE',
  });
});

test('a bank is split, quantised and pruned, with what that costs', async () => {
  const lines = ['red', 'blue', 'green', 'black'].map((colour) =>
    JSON.stringify({ question: `What is ${colour}?`, answer: 'a colour' }),
  );
  writeFileSync(at('few.jsonl'), lines.join('\n'));
  const few = ['--model', at('small'), '--data', at('few.jsonl')];
  const bank = ['--kind', 'bank', '--by', 'seeds', '--prompts', '2', '--tokens', '4'];
  await document('tune', ...few, ...bank, '--steps', '2', '--batch', '2', '--out', at('two'));
  const split = ['bank', 'split', '--bank', at('two'), '--prompts'];
  expect(await kintsugi(home, [...split, 'seed-2', '--out', at('one')])).toMatchObject({ code: 0 });
  const quantize = ['bank', 'quantize', '--bank', at('one'), '--bits', '4', '--out', at('four')];
  expect(await kintsugi(home, quantize)).toMatchObject({ code: 0 });
  const measured = ['--tasks', 'words', '--limit', '4', '--out'];
  const cost = ['bank', 'quantize', '--bank', at('one'), '--bits', '8', '--model', at('small')];
  const { accuracy } = await document(...cost, ...measured, at('eight'));
  expect([accuracy.before.count, accuracy.after.count]).toEqual([4, 4]);
  const rename = ['bank', 'rename', '--bank', at('two'), '--out', at('named'), '--prompts'];
  expect(await refusal(...rename, 'seed-1=a,seed-2=a/b')).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: 'prompts.seed-2',
  });
  expect(await kintsugi(home, [...rename, 'seed-2=Colours'])).toMatchObject({ code: 0 });
  expect((await readBank(at('named'))).prompts.map(({ name }) => name)).toEqual([
    'seed-1',
    'Colours',
  ]);
  const prune = ['bank', 'prune', '--bank', at('four'), ...few, '--keep', '2'];
  const pruned = await document(...prune, ...measured, at('pruned'));
  expect(pruned.prompts).toMatchObject([{ name: 'seed-2', before: 4, after: 2 }]);
  expect(pruned.prompts[0].kept).toBeGreaterThan(0.5);
  expect(pruned.accuracy.before.count).toBe(4);
  const [prompt] = (await readBank(at('pruned'))).prompts;
  expect(prompt).toMatchObject({ name: 'seed-2', tokens: 2, bits: 4 });
  expect(await refusal(...split, 'colours', '--out', at('none'))).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: 'prompts',
  });
}, 120_000);

test('an output path through a file is refused before any work', async () => {
  writeFileSync(at('file'), '');
  const tune = ['tune', '--model', at('small'), ...TUNING, '--out', join(at('file'), 'bank')];
  expect(await refusal(...tune)).toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});

test('evaluation gives accuracy by task, or the perplexity of a text', async () => {
  const arm = ['evaluate', '--model', at('small'), '--bank', at('bank')];
  const measured = await document(...arm, '--tasks', 'animals,words', '--limit', '4');
  expect(Object.keys(measured.tasks)).toEqual(['animals', 'words']);
  expect(measured.mean.count).toBe(8);
  writeFileSync(at('text.txt'), 'The capital of France is Paris. '.repeat(20));
  const { perplexity } = await document(...arm, '--text', at('text.txt'));
  expect(perplexity).toBeGreaterThan(1);
});

test.each([[[]], [['--bank', 'bank']], [['--adapter', 'lora']]])(
  'logits and generation with %j agree on the next token',
  async (options) => {
    const arm = ['--model', at('small'), ...options.map((o) => (o.startsWith('-') ? o : at(o)))];
    const tokenizer = await loadTokenizer(at('model'));
    const ids = [tokenizer.bosId!, ...tokenizer.encode('The capital of France is')];
    const { logits } = await document('logits', ...arm, '--ids', ids.join(','));
    expect(logits).toHaveLength(4096);
    const generate = ['generate', ...arm, '--prompt', 'The capital of France is'];
    const made = await document(...generate, '--max-tokens', '3');
    expect(made.ids[0]).toBe(logits.indexOf(Math.max(...logits)));
    expect(made.text).toBe(tokenizer.decode(made.ids));
  },
);

test('a chat is read by the template that the compressed model kept', async () => {
  const tokenizer = await loadTokenizer(at('model'));
  const text = '<|endoftext|>system: Be brief.\n<|endoftext|>user: Hi\nassistant:';
  const arm = ['--model', at('small')];
  const { logits } = await document('logits', ...arm, '--ids', tokenizer.encode(text).join(','));
  const chat = ['generate', ...arm, '--chat', '--system', 'Be brief.', '--prompt', 'Hi'];
  const made = await document(...chat, '--max-tokens', '2');
  expect(made.ids[0]).toBe(logits.indexOf(Math.max(...logits)));
  expect(await refusal('generate', '--chat', '--prompt', 'Hi')).toMatchObject({
    code: 'CHAT_TEMPLATE_INVALID',
  });
  expect(await refusal('generate', ...arm, '--system', 'x', '--prompt', 'Hi')).toMatchObject({
    code: 'ARGUMENT_INVALID',
  });
});
