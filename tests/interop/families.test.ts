import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/core/compress/open.ts';
import { openDevice } from '../../src/core/engine/devices.ts';
import type { Engine } from '../../src/core/engine/program.ts';
import { batchLogits, fixtureNames, furthest, readGolden } from '../unit/models/families.ts';
import { hasModules, python } from './python.ts';

/** Other weights and ids than those of the committed fixtures. */
const SEED = '1000';
const available = hasModules('torch', 'transformers');

describe.skipIf(!available)('families and the transformers that is installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-interop-'));
  let engine: Engine;
  beforeAll(async () => {
    engine = await openDevice('cpu', { threads: 1 });
    await python('../fixtures/models/make.py', [folder, ...fixtureNames], { SEED });
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(fixtureNames)('%s, made just now: equal logits', async (name) => {
    const { model } = await openModel(join(folder, name));
    const golden = await readGolden(name, folder);
    const logits = await batchLogits(engine, model, golden);
    const worst = Math.max(...golden.map((given, i) => furthest(logits[i]!, given.logits)));
    console.log(`${name}: off by ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-4);
  });
});
