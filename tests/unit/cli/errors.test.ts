import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../db/temporary.ts';
import { kintsugi } from './command-line.ts';
import { writeTinyModel } from './tiny-model.ts';

let home = '';
beforeAll(() => {
  home = temporaryFolder();
});

/** What a person is told: one block on stderr, one document on stdout, no stack. */
async function refused(...args: string[]) {
  const result = await kintsugi(home, [...args, '--json']);
  expect(result.code).toBe(2);
  const { error } = JSON.parse(result.stdout);
  expect(result.stderr).toContain(`${error.code}: ${error.message}\n`);
  expect(result.stderr).toContain(`next: ${error.next}\n`);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  return error;
}

test('an unknown command', async () => {
  expect(await refused('mend')).toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test.each([
  ['models serch x', /"models" has no command "serch"/, /search, download, list, import, remove/],
  ['models list x', /too many arguments/, /"kintsugi models list --help"/],
  ['models search', /missing required argument 'query'/, /"kintsugi models search --help"/],
  ['runs shwo', /"runs" has no command "shwo"/, /show/],
  [
    'compress --model starter --bitz 4 --out x',
    /Did you mean --bits/,
    /"kintsugi compress --help"/,
  ],
  ['compress --model starter --method gtpq --out x', /gptq, rtn/, /"kintsugi compress --help"/],
  ['tune --model starter', /--data/, /"kintsugi tune --help"/],
])('kintsugi %s', async (line, message, next) => {
  expect(await refused(...line.split(' '))).toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: expect.stringMatching(message),
    next: expect.stringMatching(next),
  });
});

test('an option that is not a number', async () => {
  expect(await refused('repair', '--seed', '1.5')).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: '--seed',
  });
});

test('a recipe with an unknown field', async () => {
  const file = join(temporaryFolder(), 'recipe.json');
  writeFileSync(file, JSON.stringify({ version: 1, speed: 3 }));
  expect(await refused('repair', '--recipe', file)).toMatchObject({
    code: 'RECIPE_INVALID',
    file,
  });
});

test('a recipe that is not JSON', async () => {
  const file = join(temporaryFolder(), 'recipe.json');
  writeFileSync(file, '{"version": 1');
  expect(await refused('repair', '--recipe', file)).toMatchObject({
    code: 'RECIPE_INVALID',
    file,
  });
});

test('a run folder that is in use', async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'mine.txt'), 'precious');
  expect(await refused('repair', '--out', out)).toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
    file: out,
  });
  expect(readdirSync(out)).toEqual(['mine.txt']);
});

test('a model folder that is not there', async () => {
  const out = join(temporaryFolder(), 'out');
  expect(await refused('compress', '--model', '/nowhere/at/all', '--out', out)).toMatchObject({
    code: 'CHECKPOINT_MISSING',
  });
  expect(existsSync(out)).toBe(false);
});

test('truncated weights', async () => {
  const model = temporaryFolder();
  await writeTinyModel(model);
  const weights = join(model, 'model.safetensors');
  truncateSync(weights, 100_000);
  const out = join(temporaryFolder(), 'out');
  expect(await refused('compress', '--model', model, '--out', out)).toMatchObject({
    code: 'SAFETENSORS_INVALID',
    file: weights,
  });
  expect(existsSync(out)).toBe(false);
});

test('an unknown architecture lists the known ones', async () => {
  const model = temporaryFolder();
  await writeTinyModel(model, { architectures: ['HalForCausalLM'] });
  expect(await refused('logits', '--model', model, '--ids', '1')).toMatchObject({
    code: 'UNSUPPORTED_ARCHITECTURE',
    next: expect.stringContaining('LlamaForCausalLM'),
  });
});

test('weights of another shape than the config says', async () => {
  const model = temporaryFolder();
  await writeTinyModel(model, { intermediate_size: 128 });
  expect(await refused('logits', '--model', model, '--ids', '1')).toMatchObject({
    code: 'CHECKPOINT_INVALID',
    field: expect.stringContaining('mlp'),
  });
});

test('a group size that does not fit writes nothing', async () => {
  const folder = temporaryFolder();
  await writeTinyModel(join(folder, 'model'));
  const args = ['--model', join(folder, 'model'), '--group-size', '30'];
  expect(await refused('compress', ...args, '--out', join(folder, 'deep', 'out'))).toMatchObject({
    code: 'QUANTIZATION_INVALID',
    field: 'groupSize',
  });
  expect(readdirSync(folder)).toEqual(['model']);
});

test('a token that is not in the vocabulary', async () => {
  const model = temporaryFolder();
  await writeTinyModel(model);
  expect(await refused('logits', '--model', model, '--ids', '1,99999')).toMatchObject({
    code: 'ARGUMENT_INVALID',
    field: '--ids',
  });
});

test('a run that does not exist', async () => {
  expect(await refused('runs', 'show', 'none')).toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a data folder that is a file', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const result = await kintsugi(file, ['runs', 'list']);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('OUTPUT_UNWRITABLE');
});

test('a damaged database is set aside, said, and the command goes on', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kintsugi.db'), 'garbage'.repeat(1000));
  const result = await kintsugi(folder, ['runs', 'list', '--json']);
  expect(result.code).toBe(0);
  expect(JSON.parse(result.stdout)).toEqual([]);
  expect(result.stderr).toContain('DATABASE_CORRUPT');
});

test('--verbose adds the stack', async () => {
  const result = await kintsugi(home, ['runs', 'show', 'none', '--verbose']);
  expect(result.stderr).toMatch(/^\s+at /m);
});

test('help is no failure', async () => {
  const { code, stdout } = await kintsugi(home, ['--help']);
  expect(code).toBe(0);
  for (const command of ['repair', 'compress', 'tune', 'evaluate', 'logits', 'generate', 'runs']) {
    expect(stdout).toContain(`  ${command} `);
  }
});
