import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/core/compress/open.ts';
import { openDevice } from '../../../src/core/engine/devices.ts';
import type { Engine } from '../../../src/core/engine/program.ts';
import { createKeyValueCache } from '../../../src/core/generate/kv-cache.ts';
import { decodeProgram, prefillProgram } from '../../../src/core/generate/programs.ts';
import type { Model } from '../../../src/core/models/model.ts';
import {
  batchLogits,
  FIXTURES,
  fixtureNames,
  furthest,
  type Golden,
  readGolden,
} from './families.ts';

/** Largest difference of a logit from transformers, both in fp32. */
const TOLERANCE = 1e-4;

/** Logits of positions `first − 1` on: the first from a prefill, the rest one token at a time. */
async function stepLogits(engine: Engine, model: Model, ids: Int32Array, first: number) {
  const { config } = model;
  const prefill = await engine.compile(prefillProgram({ model }, first));
  const read = await prefill.run({ ids: ids.slice(0, first), last: Int32Array.of(first - 1) });
  const capacity = ids.length;
  const cache = createKeyValueCache(config, capacity);
  cache.append(read, first, first);
  const rows = [read.logits as Float32Array];
  const decode = await engine.compile(decodeProgram(model, capacity));
  for (let position = first; position < ids.length; position++) {
    const outputs = await decode.run({
      ...cache.feeds(),
      id: ids.slice(position, position + 1),
      position: Int32Array.of(position),
    });
    cache.append(outputs, 1, 1);
    rows.push(outputs.logits as Float32Array);
  }
  await Promise.all([prefill.release(), decode.release()]);
  return rows.flatMap((row) => [...row]);
}

describe('families give the logits of transformers', () => {
  let cpu: Engine;
  let dir = '';
  beforeAll(async () => {
    cpu = await openDevice('cpu', { threads: 1 });
    dir = await mkdtemp(join(tmpdir(), 'kintsugi-test-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each(fixtureNames)('%s: a batch of unequal lengths', async (name) => {
    const { model } = await openModel(join(FIXTURES, name));
    const golden = await readGolden(name);
    const logits = await batchLogits(cpu, model, golden);
    golden.forEach((expected, i) => {
      expect(furthest(logits[i]!, expected.logits)).toBeLessThan(TOLERANCE);
    });
  });

  it.each(fixtureNames)('%s: token by token behind a cache', async (name) => {
    const { model } = await openModel(join(FIXTURES, name));
    const [{ ids, logits }] = (await readGolden(name)) as [Golden, Golden];
    const first = Math.max(3, (model.config.rotaryChange ?? ids.length) < ids.length ? 17 : 3);
    const steps = await stepLogits(cpu, model, ids, first);
    const expected = logits.subarray((first - 1) * model.config.vocabularySize);
    expect(furthest(steps, expected)).toBeLessThan(TOLERANCE);
  });

  const withOlder = fixtureNames.filter((name) =>
    existsSync(join(FIXTURES, name, 'config.old.json')),
  );
  it.each(withOlder)('%s: with the configuration of transformers 4', async (name) => {
    const folder = join(dir, name);
    await cp(join(FIXTURES, name), folder, { recursive: true });
    await rename(join(folder, 'config.old.json'), join(folder, 'config.json'));
    const { model } = await openModel(folder);
    const golden = await readGolden(name);
    const logits = await batchLogits(cpu, model, golden);
    golden.forEach((expected, i) => {
      expect(furthest(logits[i]!, expected.logits)).toBeLessThan(TOLERANCE);
    });
  });
});
