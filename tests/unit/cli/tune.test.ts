import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadTokenizer } from '../../../src/core/tokenizer/tokenizer.ts';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

let home = '';
const at = (name: string) => join(home, name);

async function document(...args: string[]) {
  const { code, stdout, stderr } = await kintsugi(home, [...args, '--json', '--threads', '1']);
  expect(stderr).not.toContain('next:');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const refusal = async (...args: string[]) =>
  JSON.parse((await kintsugi(home, [...args, '--json'])).stdout).error;

const tune = (kind: string, out: string, ...more: string[]) => [
  ...['tune', '--model', at('model'), '--kind', kind, '--data', 'starter:animals,words'],
  ...['--steps', '2', '--batch', '2', '--tokens', '3', '--out', at(out), ...more],
];

beforeAll(async () => {
  home = temporaryFolder();
  await writeTinyModel(at('model'));
}, 60_000);

test('a prefix is tuned, and generation goes on from it as reading it whole does', async () => {
  const tuned = await document(...tune('prefix', 'prefix'));
  expect(tuned.parameters).toBe(3 * 2 * 2 * 32);
  const arm = ['--model', at('model'), '--adapter', at('prefix')];
  const text = 'Question: What';
  const { ids } = await document('generate', ...arm, '--prompt', text, '--max-tokens', '2');
  const tokenizer = await loadTokenizer(at('model'));
  const read = [...(tokenizer.bosId === undefined ? [] : [tokenizer.bosId])];
  read.push(...tokenizer.encode(text));
  for (const id of ids) {
    const { logits } = await document('logits', ...arm, '--ids', read.join(','));
    expect(logits.indexOf(Math.max(...logits))).toBe(id);
    read.push(id);
  }
});

test('a bank is tuned with an adapter and used with it; a prefix does not go with a bank', async () => {
  await document(...tune('bank+lora', 'both', '--prompts', '2', '--dropout', '0.1', '--rslora'));
  const evaluate = ['evaluate', '--model', at('model'), '--tasks', 'animals', '--limit', '2'];
  const bank = ['--bank', at('both/bank')];
  const { mean } = await document(...evaluate, ...bank, '--adapter', at('both/lora'));
  expect(mean.count).toBe(2);
  await document(...tune('prefix', 'prefix-2'));
  expect(await refusal(...evaluate, ...bank, '--adapter', at('prefix-2'))).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: 'adapter',
  });
});

test('data that says nothing, or too little for so many prompts, is refused by field', async () => {
  const question = JSON.stringify({ question: 'Which?', answer: 'this' });
  writeFileSync(at('same.jsonl'), Array(8).fill(question).join('\n'));
  const on = (file: string) => ['--data', at(file), '--by', 'clusters', '--prompts', '2'];
  expect(await refusal(...tune('bank', 'alike', ...on('same.jsonl')))).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: 'bank.count',
    message: '2 clusters need as many different inputs, there are 1',
  });
  writeFileSync(at('empty.jsonl'), '');
  expect(await refusal(...tune('bank', 'nothing', ...on('empty.jsonl')))).toMatchObject({
    code: 'DATA_INVALID',
    field: 'data',
  });
});

test('a prompt starts from one of a bank, by name', async () => {
  await document(...tune('bank', 'bank', '--prompts', '2', '--by', 'seeds'));
  await document(...tune('prompt', 'warm', '--init', `bank:${at('bank')}#seed-2`));
  expect(
    await refusal(...tune('prompt', 'cold', '--init', `bank:${at('bank')}#seed-3`)),
  ).toMatchObject({ code: 'ARGUMENT_INVALID', field: 'init' });
});
