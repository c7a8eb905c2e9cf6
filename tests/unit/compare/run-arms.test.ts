import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureBank } from '../../../src/main/compute/measure-bank.ts';
import { createRepair, runRepair } from '../../../src/main/compute/repair.ts';
import { listComparedBanks, removeComparedBank } from '../../../src/main/db/compared-banks.ts';
import { findLibraryBank } from '../../../src/main/db/library.ts';
import { openStore, type Store } from '../../../src/main/db/open.ts';
import { readResults } from '../../../src/main/db/results.ts';
import { findRun, type Run } from '../../../src/main/db/runs.ts';
import type { Compute } from '../../../src/main/jobs/compute.ts';
import { bankHandlers } from '../../../src/main/router/banks.ts';
import { compareHandlers } from '../../../src/main/router/compare.ts';
import { playgroundHandlers } from '../../../src/main/router/playground.ts';
import type { Services } from '../../../src/main/router/services.ts';
import type { BankTrial, Smaller } from '../../../src/shared/contract/banks.ts';
import type { GenerationEvent } from '../../../src/shared/contract/playground.ts';
import { PRESETS } from '../../../src/shared/presets.ts';
import type { Recipe } from '../../../src/shared/recipe.ts';
import { bankArmId } from '../../../src/shared/results.ts';
import { computeHere } from '../../support/compute.ts';
import { writeTinyModel } from '../cli/tiny-model.ts';

const home = mkdtempSync(join(tmpdir(), 'kintsugi-'));
let store: Store;
let run: Run;

const { quick } = PRESETS;
const recipe: Recipe = {
  ...quick,
  model: join(home, 'model'),
  compression: {
    ...quick.compression,
    groupSize: 32,
    calibration: { ...quick.compression.calibration, samples: 2, length: 16 },
  },
  tuning: {
    ...quick.tuning,
    tokens: 2,
    steps: 2,
    batch: 2,
    warmup: 0,
    bank: { by: 'family', count: 2, warmStart: 0, joint: false, routing: 0 },
    lora: { ...quick.tuning.lora, steps: 2 },
  },
  evaluation: { tasks: ['animals', 'capitals'], itemsPerTask: 2, textTokens: 0, bootstrap: 100 },
  threads: 1,
};

let compute: Compute;
const services = () => ({ store, compute, home }) as unknown as Services;
const never = new AbortController().signal;
let banks: ReturnType<typeof bankHandlers>;

/** Tries a smaller bank; the last event says what came of it. */
async function tried(id: string, smaller: Smaller, runId?: string): Promise<BankTrial> {
  const request = { id, smaller, ...(runId !== undefined && { runId }) };
  const last = (await Array.fromAsync(banks['banks.shrink'](request, never))).at(-1);
  if (last?.kind !== 'done') throw new Error('The trial did not end');
  return last.trial;
}

async function quantized(id: string, name: string) {
  const { hash } = await tried(id, { by: 'quantize', bits: 4 });
  return banks['banks.keep']({ id, hash, by: 'quantize', name }, never);
}

beforeAll(async () => {
  await writeTinyModel(join(home, 'model'));
  mkdirSync(join(home, 'data'));
  store = await openStore(join(home, 'data', 'kintsugi.db'));
  const created = await createRepair(store, { recipe, home, out: undefined });
  await runRepair(store, created, { force: true, signal: never, onEvent: () => {} });
  run = await findRun(store.db, created.id);
  compute = computeHere({ home, store });
  banks = bankHandlers({ store, home, compute });
}, 120_000);

afterAll(async () => {
  await store.close();
  rmSync(home, { recursive: true, force: true });
});

const ARMS = ['original', 'compressed', 'prompt', 'idp', 'lora'] as const;

describe('verify', () => {
  const item = { task: 'animals', itemId: 'heldout-1', seed: 0 } as const;

  it.each(ARMS)('finds the stored answer of "%s" again', async (arm) => {
    const { 'compare.verify': verify } = compareHandlers(services());
    const verification = await verify({ runId: run.id, arm, ...item }, never);
    expect(verification).toMatchObject({ same: true });
    expect(verification.stored.scores).toHaveLength(4);
    expect(verification.hashes).toHaveLength(arm === 'original' || arm === 'compressed' ? 1 : 2);
  });

  it('says so when the stored score is not what the arm gives', async () => {
    const { 'compare.verify': verify } = compareHandlers(services());
    const of = { runId: run.id, arm: 'compressed', ...item } as const;
    const { stored } = await verify(of, never);
    const change = (scores: readonly number[]) =>
      store.db
        .updateTable('answers')
        .set({ scores: JSON.stringify(scores) })
        .where('arm', '=', 'compressed')
        .where('item_id', '=', item.itemId)
        .where('task', '=', item.task)
        .execute();
    await change(stored.scores.map((score) => score + 0.5));
    const changed = await verify(of, never);
    expect(changed.same).toBe(false);
    expect(changed.largestDifference).toBeCloseTo(0.5, 2);
    await change(stored.scores);
  });

  it('refuses an input that the arm never answered', async () => {
    const { 'compare.verify': verify } = compareHandlers(services());
    const unknown = { runId: run.id, arm: 'idp', ...item, itemId: 'nowhere' } as const;
    await expect(verify(unknown, never)).rejects.toMatchObject({ code: 'RUN_STATUS' });
  });
});

it('the inputs view holds every arm, with the prompts that the attention counts', async () => {
  const { 'compare.inputs': inputs } = compareHandlers(services());
  const page = await inputs(
    { runIds: [run.id], filter: 'all', search: '', offset: 0, limit: 10 },
    never,
  );
  expect(page.total).toBe(4);
  expect(page.arms.map(({ arm }) => arm.id)).toEqual(ARMS);
  const idp = page.arms.findIndex(({ arm }) => arm.id === 'idp');
  for (const { cells, choices, kind } of page.rows) {
    expect(choices).toHaveLength(kind === 'choice' ? 4 : 0);
    const { prompt, attention } = cells[idp]!;
    const { prompts } = page.arms[idp]!;
    expect(attention).toHaveLength(prompts.length);
    expect(attention!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    expect(prompts[attention!.indexOf(Math.max(...attention!))]).toBe(prompt);
  }
});

describe('a bank of the library on a run', () => {
  it('becomes one more arm, with its own hash, that can be verified and taken out again', async () => {
    const compare = compareHandlers(services());
    const [own] = await banks['banks.list']({}, never);
    const made = await quantized(own!.id, 'Four bits');
    const arm = bankArmId(made.id);
    expect(await banks['banks.runs']({ id: made.id }, never)).toEqual([
      { id: run.id, name: run.name, compared: false },
    ]);
    const of = { runId: run.id, bankId: made.id };
    const events = await Array.fromAsync(compare['compare.bank'](of, never));
    expect(events.at(-1)).toMatchObject({ kind: 'done', result: { arm: { id: arm } } });
    expect(events.filter(({ kind }) => kind === 'progress').length).toBeGreaterThan(1);

    const { runs } = await compare['compare.show']({ runIds: [run.id] }, never);
    const { results, timings } = runs[0]!.outcome!;
    const [compressed, idp, added] = (['compressed', 'idp', arm] as const).map((id) =>
      results.arms.find((result) => result.arm.id === id),
    );
    expect(added).toMatchObject({
      arm: { label: 'Four bits', bankHash: made.hash, weightsHash: compressed!.arm.weightsHash },
      extraParameters: idp!.extraParameters,
      recovery: { lost: idp!.recovery!.lost },
    });
    expect(added!.bytesOnDisk).toBeLessThan(idp!.bytesOnDisk);
    expect(Object.keys(added!.tasks)).toEqual(Object.keys(idp!.tasks));
    expect(timings.millisecondsPerInput[arm]).toBeGreaterThan(0);

    const query = { runIds: [run.id], filter: 'all' as const, search: '', offset: 0, limit: 10 };
    const column = async () =>
      (await compare['compare.inputs'](query, never)).arms.find(({ arm: { id } }) => id === arm);
    expect(await column()).toMatchObject({ prompts: { length: 2 }, seed: 0 });
    const item = { task: 'animals', itemId: 'heldout-1', seed: 0 };
    const verified = await compare['compare.verify']({ runId: run.id, arm, ...item }, never);
    expect(verified).toMatchObject({ same: true, hashes: [{}, { what: 'bank' }] });
    expect(await banks['banks.show']({ id: made.id }, never)).toMatchObject({
      results: { runId: run.id, repaired: added!.mean.mean },
    });

    await compare['compare.removeBank'](of, never);
    expect(await column()).toBeUndefined();
    expect(await banks['banks.runs']({ id: made.id }, never)).toMatchObject([{ compared: false }]);
    await banks['banks.delete']({ id: made.id }, never);
  });

  it('measures the same as the run did with the same bank', async () => {
    const [own] = await banks['banks.list']({}, never);
    const { path } = await banks['banks.export']({ id: own!.id, format: 'peft' }, never);
    const copy = await banks['banks.import']({ source: { path } }, never);
    const of = { runId: run.id, bankId: copy.id };
    const result = await measureBank(store, of, { signal: never, progress: () => {} });
    const stored = await readResults(store.db, run.id);
    const idp = stored!.results.arms.find(({ arm }) => arm.id === 'idp')!;
    expect({ ...result, arm: idp.arm }).toEqual(idp);
    expect(result.arm.bankHash).toBe(idp.arm.bankHash);
    await removeComparedBank(store.db, of);
    await banks['banks.delete']({ id: copy.id }, never);
  });

  it('is refused for a model that it was not made for, and keeps nothing when it is stopped', async () => {
    const [own] = await banks['banks.list']({}, never);
    const made = await quantized(own!.id, 'Elsewhere');
    const row = await findLibraryBank(store.db, made.id);
    const manifest = join(row.directory, 'bank.json');
    const of = { runId: run.id, bankId: made.id };
    const { 'compare.bank': compareBank } = compareHandlers(services());
    for await (const event of compareBank(of, never)) if (event.kind === 'progress') break;
    expect(await listComparedBanks(store.db, run.id)).toEqual([]);
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replaceAll(made.modelHash, 'c'.repeat(64)));
    await expect(Array.fromAsync(compareBank(of, never))).rejects.toMatchObject({
      code: 'BANK_INCOMPATIBLE',
      field: 'modelHash',
    });
    await banks['banks.delete']({ id: made.id }, never);
  });
});

describe('a smaller bank', () => {
  it('is pruned, measured on the inputs of the run before it is kept, and then a bank of its own', async () => {
    const [own] = await banks['banks.list']({}, never);
    const { length: before } = await banks['banks.list']({}, never);
    const trial = await tried(own!.id, { by: 'prune', keep: 1 }, run.id);
    expect(await banks['banks.list']({}, never)).toHaveLength(before);
    expect(trial.prompts.map(({ before, after }) => [before, after])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    for (const { kept } of trial.prompts) {
      expect(kept).toBeGreaterThanOrEqual(0.5);
      expect(kept).toBeLessThan(1);
    }
    expect(trial.bytes.after).toBe(trial.bytes.before / 2);
    const stored = (await readResults(store.db, run.id))!.results;
    const idp = stored.arms.find(({ arm }) => arm.id === 'idp')!;
    const { before: asItWas, after, difference } = trial.cost!;
    expect(asItWas).toEqual(idp.mean);
    expect(difference.value).toBeCloseTo(after.mean - asItWas.mean, 12);

    const keep = { id: own!.id, hash: trial.hash, by: 'prune', name: 'Shorter' } as const;
    const made = await banks['banks.keep'](keep, never);
    expect(made).toMatchObject({ origin: 'pruned', name: 'Shorter', hash: trial.hash });
    expect(made.prompts.map(({ tokens }) => tokens)).toEqual([1, 1]);
    // What was measured is what the bank answers once it is kept.
    const of = { runId: run.id, bankId: made.id };
    const result = await measureBank(store, of, { signal: never, progress: () => {} });
    expect(result.mean).toEqual(after);
    await removeComparedBank(store.db, of);
    await banks['banks.delete']({ id: made.id }, never);
    await expect(banks['banks.keep'](keep, never)).rejects.toMatchObject({ code: 'BANK_INVALID' });
  });

  it('without a run there is no telling which tokens matter, and no cost of fewer bits', async () => {
    const [own] = await banks['banks.list']({}, never);
    await expect(tried(own!.id, { by: 'prune', keep: 1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      field: 'runId',
    });
    expect((await tried(own!.id, { by: 'quantize', bits: 8 })).cost).toBeNull();
  });

  it('of some of its prompts is split off', async () => {
    const [own] = await banks['banks.list']({}, never);
    const [first] = own!.prompts;
    const split = { id: own!.id, prompts: [first!.name], name: 'One of them' };
    const made = await banks['banks.split'](split, never);
    expect(made).toMatchObject({ origin: 'split', name: 'One of them', prompts: [first] });
    await banks['banks.delete']({ id: made.id }, never);
    const wrong = banks['banks.split']({ ...split, prompts: ['nobody'] }, never);
    await expect(wrong).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', field: 'prompts' });
  });
});

describe('the playground', () => {
  const request = {
    input: 'Question: Which kind of animal is a mole?\nAnswer:',
    sampling: { temperature: 0, topK: 0, topP: 1, maxTokens: 4, seed: 1 },
  };

  it('streams four arms side by side, each with the model that really answers', async () => {
    const { 'playground.generate': generate } = playgroundHandlers(services());
    const panes = (['original', 'compressed', 'idp', 'lora'] as const).map((arm) => ({
      runId: run.id,
      arm,
    }));
    const events = await Array.fromAsync(generate({ ...request, panes }, never));
    const ended = events.filter((event) => event.kind === 'done' || event.kind === 'failed');
    expect(ended.map(({ pane, kind }) => [pane, kind])).toEqual(
      [0, 1, 2, 3].map((pane) => [pane, 'done']),
    );
    expect(events[0]).toEqual({ kind: 'plan', together: true });
    const order = events.flatMap((event) => (event.kind === 'text' ? [event.pane] : []));
    expect(order).not.toEqual(order.toSorted());
    const started = events.filter((event) => event.kind === 'started');
    expect(new Set(started.map(({ arm }) => arm.weightsHash)).size).toBe(2);
    expect(started.map(({ choice }) => choice !== null)).toEqual([false, false, true, false]);
    expect(started[2]!.choice!.shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  });

  it('lets one arm fail in its own pane', async () => {
    const { 'playground.generate': generate } = playgroundHandlers(services());
    const panes = [
      { runId: 'no-such-run', arm: 'original' as const },
      { runId: run.id, arm: 'original' as const },
    ];
    const events = await Array.fromAsync(generate({ ...request, panes }, never));
    const failed = events.find((event) => event.kind === 'failed');
    expect(failed).toMatchObject({ pane: 0, error: { code: 'RUN_NOT_FOUND' } });
    expect(events.at(-1)).toMatchObject({ kind: 'done', pane: 1, reason: 'length', tokens: 4 });
  });

  it('stops generating when the screen leaves', async () => {
    const { 'playground.generate': generate } = playgroundHandlers(services());
    const sampling = { ...request.sampling, maxTokens: 100 };
    const panes = [{ runId: run.id, arm: 'original' as const }];
    const seen: GenerationEvent[] = [];
    for await (const event of generate({ ...request, sampling, panes }, never)) {
      seen.push(event);
      if (event.kind === 'text') break;
    }
    expect(seen.map(({ kind }) => kind)).toEqual(['plan', 'loading', 'started', 'text']);
  });

  it('offers banks of the library that were made for the same compressed model', async () => {
    const { 'playground.arms': arms } = playgroundHandlers(services());
    const [own] = await banks['banks.list']({}, never);
    const made = await quantized(own!.id, 'As an arm');
    const [shown] = await arms({ runIds: [run.id] }, never);
    const id = bankArmId(made.id);
    expect(shown!.arms.map((arm) => arm.id)).toEqual([...ARMS, id]);
    const { 'playground.generate': generate } = playgroundHandlers(services());
    const panes = [{ runId: run.id, arm: id }];
    const events = await Array.fromAsync(generate({ ...request, panes }, never));
    const started = events.find((event) => event.kind === 'started');
    expect(started!.arm).toMatchObject({ id, label: 'As an arm', bankHash: made.hash });
    expect(started!.choice!.names).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ kind: 'done' });
    await banks['banks.delete']({ id: made.id }, never);
  });

  it('keeps cases until they are deleted', async () => {
    const playground = playgroundHandlers(services());
    const panes = [{ runId: run.id, arm: 'idp' as const }];
    const given = { name: 'Moles', request: { ...request, panes }, outputs: ['mammal'] };
    const saved = await playground['playground.saveCase'](given, never);
    expect(await playground['playground.cases']({}, never)).toEqual([saved]);
    expect(saved).toMatchObject(given);
    await playground['playground.deleteCase']({ id: saved.id }, never);
    expect(await playground['playground.cases']({}, never)).toEqual([]);
  });
});
