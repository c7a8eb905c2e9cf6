import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBank } from '../../../src/core/export/bank.ts';
import { saveResults } from '../../../src/main/db/results.ts';
import { deleteRun } from '../../../src/main/db/runs.ts';
import type { BankTrialEvent } from '../../../src/shared/contract/banks.ts';
import { results, timings } from '../electron/results.ts';
import { bank, baseModel } from '../export/samples.ts';
import { addRunWithBank, openHome } from './library.ts';

const files = (dir: string) => readdirSync(dir, { recursive: true }).sort();

/** A home with one run's bank, exported as one file. */
async function withExport() {
  const { home, store, banks } = await openHome();
  const made = await addRunWithBank(store, home, bank());
  await banks.list({});
  const exported = await banks.export({ id: made.bankId, format: 'file' });
  return { home, store, banks, made, exported, file: exported.file! };
}

describe('the library', () => {
  test('lists the bank of a run by itself, with what it holds', async () => {
    const { home, store, banks } = await openHome();
    const made = await addRunWithBank(store, home, bank());
    const [listed, ...others] = await banks.list({});
    expect(others).toEqual([]);
    expect(listed).toMatchObject({
      id: made.bankId,
      origin: 'run',
      runId: made.runId,
      name: 'Bank of First repair',
      hash: made.hash,
      modelHash: baseModel.hash,
      model: baseModel.id,
      results: null,
    });
    expect(listed!.prompts.map(({ name, tokens }) => [name, tokens])).toEqual([
      ['capitals+currencies', 2],
      ['Ελλάδα / ../odd', 3],
      ['c', 4],
    ]);
    expect(JSON.stringify(listed)).not.toContain(home);
  });

  test('makes a quantised bank beside it, smaller in one file, which goes out and comes back', async () => {
    const { home, store, banks } = await openHome();
    const { bankId } = await addRunWithBank(store, home, bank());
    await banks.list({});
    const sizes = await banks.sizes({ id: bankId });
    const smaller = { by: 'quantize', bits: 4 } as const;
    const done = (await Array.fromAsync(banks.shrink({ id: bankId, smaller }))).at(-1);
    const { hash } = (done as Extract<BankTrialEvent, { kind: 'done' }>).trial;
    const made = await banks.keep({ id: bankId, hash, by: 'quantize', name: 'Small' });
    expect(made).toMatchObject({ origin: 'quantized', name: 'Small', modelHash: baseModel.hash });
    expect(made.prompts.map(({ bits }) => bits)).toEqual([4, 4, 4]);
    const [, four] = sizes.quantized;
    expect(await banks.sizes({ id: made.id })).toMatchObject({ bytes: four!.bytes });
    expect(four!.bytes).toBeLessThan(sizes.bytes / 3);
    const { file } = await banks.export({ id: made.id, format: 'file' });
    const source = { name: file!.name, base64: file!.base64 };
    expect(await banks.import({ source })).toMatchObject({ hash: made.hash });
    expect(await banks.list({})).toHaveLength(3);
  });

  test('shows what the run measured with it', async () => {
    const { home, store, banks } = await openHome();
    const { bankId, runId } = await addRunWithBank(store, home, bank());
    await saveResults(store.db, runId, { results, timings });
    const shown = await banks.show({ id: bankId });
    const mean = (id: string) => results.arms.find(({ arm }) => arm.id === id)!.mean.mean;
    expect(shown.results).toEqual({
      runId,
      original: mean('original'),
      compressed: mean('compressed'),
      repaired: mean('idp'),
    });
    expect(shown.recipe).toMatchObject({ model: 'starter' });
    expect(shown.arms).toHaveLength(results.arms.length);
  });

  test('keeps name, tags and notes through new content', async () => {
    const { home, store, banks } = await openHome();
    const { bankId } = await addRunWithBank(store, home, bank());
    await banks.list({});
    await banks.rename({ id: bankId, name: 'Places' });
    await banks.tag({ id: bankId, tags: ['good', 'good', 'small'] });
    await banks.notes({ id: bankId, notes: 'For Tuesday' });
    await store.db.updateTable('library').set({ hash: 'x' }).execute();
    const [listed] = await banks.list({});
    expect(listed).toMatchObject({ name: 'Places', tags: ['good', 'small'], notes: 'For Tuesday' });
    expect(listed!.hash).not.toBe('x');
  });

  test('takes a deleted bank back', async () => {
    const { home, store, banks } = await openHome();
    const { bankId } = await addRunWithBank(store, home, bank());
    await banks.list({});
    await banks.delete({ id: bankId });
    expect(await banks.list({})).toEqual([]);
    expect(await banks.list({ deleted: true })).toMatchObject([{ id: bankId }]);
    await banks.restore({ id: bankId });
    expect(await banks.list({})).toMatchObject([{ id: bankId, deletedAt: null }]);
  });

  test('forgets the bank of a run that is gone for good', async () => {
    const { home, store, banks } = await openHome();
    const { runId } = await addRunWithBank(store, home, bank());
    await banks.list({});
    await deleteRun(store.db, runId);
    expect(await banks.list({})).toEqual([]);
  });

  test('empties the bin of what was imported a month ago, with its folder', async () => {
    const { banks, store, home, file } = await withExport();
    const imported = await banks.import({ source: file });
    expect(files(join(home, 'banks'))).toContain(imported.id);
    await banks.delete({ id: imported.id });
    const longAgo = Date.now() - 31 * 24 * 3600 * 1000;
    await store.db
      .updateTable('library')
      .set({ deleted_at: longAgo })
      .where('id', '=', imported.id)
      .execute();
    expect(await banks.list({ deleted: true })).toEqual([]);
    expect(files(join(home, 'banks'))).toEqual([]);
  });

  test('says that there is no such bank', async () => {
    const { banks } = await openHome();
    await expect(banks.show({ id: 'none' })).rejects.toMatchObject({ code: 'BANK_NOT_FOUND' });
    await expect(banks.delete({ id: 'none' })).rejects.toMatchObject({ code: 'BANK_NOT_FOUND' });
  });
});

describe('renaming prompts', () => {
  test('makes a bank of the same prompts, whose folders are named anew when it is exported', async () => {
    const { home, store, banks } = await openHome();
    const { bankId, directory } = await addRunWithBank(store, home, bank(['x', 'y', 'z']));
    await banks.list({});
    const prompts = { x: ' Cities ', y: 'x' };
    const made = await banks.renamePrompts({ id: bankId, prompts, name: 'Named' });
    expect(made).toMatchObject({ origin: 'renamed', name: 'Named', runId: null });
    expect(made.prompts.map(({ name }) => name)).toEqual(['Cities', 'x', 'z']);
    const { path } = await banks.export({ id: made.id, format: 'peft' });
    expect(files(path)).toEqual(
      expect.arrayContaining(['prompt-001-cities', 'prompt-002-x', 'prompt-003-z']),
    );
    const embeddings = async (dir: string) =>
      (await readBank(dir)).prompts.map((prompt) => prompt.embeddings);
    expect(await embeddings(path)).toEqual(await embeddings(directory));
  });

  test.each([
    [{ x: ' ' }, 'prompts.x', 'needs a name'],
    [{ y: 'a/b' }, 'prompts.y', 'cannot hold /'],
    [{ y: '..\\b' }, 'prompts.y', 'cannot hold /'],
    [{ y: 'x' }, 'prompts.y', 'Another prompt'],
    [{ x: 'y' }, 'prompts.x', 'Another prompt'],
    [{ y: 'y'.repeat(121) }, 'prompts.y', 'at most 120'],
    [{ nobody: 'a' }, 'prompts', 'no prompt'],
  ])('refuses %o', async (prompts: Record<string, string>, field, words) => {
    const { home, store, banks } = await openHome();
    const { bankId } = await addRunWithBank(store, home, bank(['x', 'y']));
    await banks.list({});
    const refused = banks.renamePrompts({ id: bankId, prompts, name: 'No' });
    await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', field });
    await expect(refused).rejects.toThrow(words);
    expect(await banks.list({})).toHaveLength(1);
  });
});

describe('merging', () => {
  test('puts the prompts of several banks into one, each under a name of its own', async () => {
    const { home, store, banks } = await openHome();
    const a = await addRunWithBank(store, home, bank(['x', 'y']));
    const b = await addRunWithBank(store, home, bank(['x', 'z']));
    await banks.list({});
    await banks.rename({ id: b.bankId, name: 'Second' });
    const merged = await banks.merge({ ids: [a.bankId, b.bankId], name: 'Both' });
    expect(merged).toMatchObject({ origin: 'merged', name: 'Both', runId: null });
    expect(merged.prompts.map(({ name }) => name)).toEqual([
      'x (Bank of First repair)',
      'y',
      'x (Second)',
      'z',
    ]);
    const { prompts } = await readBank(join(home, 'banks', merged.id));
    const { prompts: first } = await readBank(a.directory);
    expect(prompts[0]!.embeddings).toEqual(first[0]!.embeddings);
  });

  test('tells prompts apart by number where the banks have one name, too', async () => {
    const { home, store, banks } = await openHome();
    const made = [
      await addRunWithBank(store, home, bank(['x', 'y'])),
      await addRunWithBank(store, home, bank(['x', 'z'])),
    ];
    await banks.list({});
    for (const { bankId } of made) await banks.rename({ id: bankId, name: 'Same' });
    const merged = await banks.merge({ ids: made.map(({ bankId }) => bankId), name: 'Both' });
    expect(merged.prompts.map(({ name }) => name)).toEqual(['x (Same)', 'y', 'x (Same) 2', 'z']);
  });

  test('refuses banks of different models, and leaves nothing', async () => {
    const { home, store, banks } = await openHome();
    const a = await addRunWithBank(store, home, bank());
    const other = { ...bank(), baseModel: { ...baseModel, hash: 'c'.repeat(64) } };
    const b = await addRunWithBank(store, home, other);
    await banks.list({});
    await expect(banks.merge({ ids: [a.bankId, b.bankId], name: 'No' })).rejects.toMatchObject({
      code: 'BANK_INCOMPATIBLE',
      field: 'modelHash',
    });
    expect(await banks.list({})).toHaveLength(2);
  });
});

describe('export', () => {
  test('as PEFT folders reads back as the same bank', async () => {
    const { banks, made } = await withExport();
    const { path, file, bytes } = await banks.export({ id: made.bankId, format: 'peft' });
    expect(file).toBeNull();
    expect(bytes).toBeGreaterThan(0);
    expect(await readBank(path)).toEqual(await readBank(made.directory));
    expect(await banks.export({ id: made.bankId, format: 'peft' })).toMatchObject({ path });
  });

  test('as JSON has every number exactly', async () => {
    const { banks, made } = await withExport();
    const { file, path } = await banks.export({ id: made.bankId, format: 'json' });
    expect(file).toMatchObject({ type: 'application/json' });
    expect(path.endsWith(file!.name)).toBe(true);
    const document = JSON.parse(Buffer.from(file!.base64, 'base64').toString());
    const { prompts } = await readBank(made.directory);
    expect(document.prompts.map((prompt: { embeddings: number[][] }) => prompt.embeddings)).toEqual(
      prompts.map(({ tokens, width, embeddings }) =>
        Array.from({ length: tokens }, (_, row) =>
          [...embeddings.subarray(row * width, (row + 1) * width)].map((x) =>
            Number(x.toPrecision(9)),
          ),
        ),
      ),
    );
    const values = Float32Array.from(document.prompts[0].embeddings.flat());
    expect(values).toEqual(prompts[0]!.embeddings);
  });
});

describe('import', () => {
  test('of a single file is the same bank, to the byte', async () => {
    const { banks, made, file, home } = await withExport();
    expect(await banks.check({ source: file })).toMatchObject({
      ok: true,
      problems: [],
      hash: made.hash,
      fitsRuns: [made.runId],
      name: 'bank of first repair',
    });
    const imported = await banks.import({ source: file, name: 'From a friend' });
    expect(imported).toMatchObject({ origin: 'imported', name: 'From a friend', hash: made.hash });
    expect(files(join(home, 'banks', imported.id))).toEqual(files(made.directory));
  });

  test('of a folder is the same bank', async () => {
    const { banks, made } = await withExport();
    const { path } = await banks.export({ id: made.bankId, format: 'peft' });
    const imported = await banks.import({ source: { path } });
    expect(imported).toMatchObject({ hash: made.hash, name: 'bank of first repair' });
  });

  test('is refused where no run has made the model', async () => {
    const { file } = await withExport();
    const { banks, home } = await openHome();
    const check = await banks.check({ source: file });
    expect(check).toMatchObject({ ok: false, fitsRuns: [] });
    expect(check.problems).toMatchObject([{ code: 'BANK_INCOMPATIBLE', field: 'modelHash' }]);
    await expect(banks.import({ source: file })).rejects.toMatchObject({
      code: 'BANK_INCOMPATIBLE',
    });
    expect(files(join(home, 'banks'))).toEqual([]);
    expect(await banks.list({})).toEqual([]);
  });

  test('is refused for another tokenizer', async () => {
    const { file } = await withExport();
    const { banks, home, store } = await openHome();
    await addRunWithBank(store, home, { ...bank(), tokenizerHash: 'd'.repeat(64) });
    const check = await banks.check({ source: file });
    expect(check.problems).toMatchObject([{ code: 'BANK_INCOMPATIBLE', field: 'tokenizerHash' }]);
  });

  test.each([
    [
      'a flipped byte of a prompt',
      (bytes: Buffer) => flip(bytes, bytes.length - 3),
      /The prompt .* has changed/,
    ],
    [
      'a changed description',
      (bytes: Buffer) => swap(bytes, 'gptq', 'rtnq'),
      /What the bank says of itself has changed/,
    ],
    ['a truncated file', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ['trailing bytes', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(4)])],
    ['no bytes', () => Buffer.alloc(0)],
    ['some other file', () => Buffer.from('PK\u0003\u0004 not a bank at all')],
    [
      'a bank of a newer version',
      (bytes: Buffer) => swap(bytes, 'formatVersion\\":1', 'formatVersion\\":9'),
      /reads up to/,
    ],
    ['a prompt of NaN', (bytes: Buffer) => Buffer.from(bytes).fill(0xff, bytes.length - 4), /NaN/],
  ])('refuses %s and writes nothing', async (_what, damage, message = /./) => {
    const { banks, file, home } = await withExport();
    const damaged = damage(Buffer.from(file.base64, 'base64')).toString('base64');
    const source = { name: 'friend.bank.safetensors', base64: damaged };
    const check = await banks.check({ source });
    expect(check).toMatchObject({ ok: false, hash: null });
    expect(check.problems[0]!.code).toMatch(/^(BANK|SAFETENSORS)_INVALID$/);
    expect(check.problems[0]!.message).toMatch(message);
    expect(JSON.stringify(check)).not.toContain(home);
    await expect(banks.import({ source })).rejects.toMatchObject({
      code: check.problems[0]!.code,
    });
    expect(files(join(home, 'banks'))).toEqual([]);
  });

  test('refuses a folder that leads elsewhere, and paths of nothing', async () => {
    const { banks, made, home } = await withExport();
    const { path } = await banks.export({ id: made.bankId, format: 'peft' });
    const manifest = join(path, 'bank.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace(/"folder": "[^"]+"/, '"folder": "../../banks"'));
    const check = await banks.check({ source: { path } });
    expect(check.problems).toMatchObject([{ code: 'BANK_INVALID' }]);
    mkdirSync(join(home, 'empty'));
    for (const wrong of [join(home, 'empty'), join(home, 'nothing'), join(home, 'kintsugi.db')]) {
      expect(await banks.check({ source: { path: wrong } })).toMatchObject({ ok: false });
    }
    expect(files(join(home, 'banks'))).toEqual([]);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

/** Same length, so that only the meaning changes. */
function swap(bytes: Buffer, from: string, to: string): Buffer {
  const text = bytes.toString('latin1');
  if (!text.includes(from)) throw new Error(`no ${from}`);
  return Buffer.from(text.replace(from, to), 'latin1');
}
