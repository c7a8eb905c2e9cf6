import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/core/compress/open.ts';
import { openDevice } from '../../src/core/engine/devices.ts';
import type { Engine } from '../../src/core/engine/program.ts';
import type { Arm } from '../../src/core/evaluate/arm.ts';
import { writeLora } from '../../src/core/export/lora.ts';
import { writePrefix } from '../../src/core/export/prefix.ts';
import { writePromptFolder } from '../../src/core/export/prompt.ts';
import { createGenerator } from '../../src/core/generate/generate.ts';
import type { Model } from '../../src/core/models/model.ts';
import { createRandom } from '../../src/core/random.ts';
import { stackBank } from '../../src/core/select/bank.ts';
import { adapterOf, adapterParameters, initialAdapter } from '../../src/core/tune/lora.ts';
import { prefixWidth } from '../../src/core/tune/prefix.ts';
import { adaptedModel } from '../../src/main/compute/adapted.ts';
import { FIXTURES, families, furthest } from '../unit/models/families.ts';
import { hasModules, python } from './python.ts';

const ids = [3, 5, 9, 20, 33, 47, 12];
const TOKENS = 4;
const random = createRandom(9, 'adapters');
const noise = (length: number, scale: number) =>
  Float32Array.from({ length }, () => scale * random.normal());

/** A way of tuning: what its folder changes, and the folder. */
type Kind = (name: string, model: Model, dir: string) => Promise<Arm>;

const base = (name: string, { config }: Model) => ({
  id: join(FIXTURES, name),
  hash: 'a'.repeat(64),
  hiddenSize: config.embeddingSize,
  layers: config.layers,
  heads: config.heads,
});

const KINDS: Readonly<Record<string, Kind>> = {
  async prompt(name, model, dir) {
    const width = model.config.embeddingSize;
    const embeddings = noise(TOKENS * width, 1);
    const prompt = { name: 'p', tokens: TOKENS, width, embeddings };
    await writePromptFolder(dir, prompt, base(name, model));
    return { model, bank: stackBank([prompt]), selector: { kind: 'fixed', prompt: 0 } };
  },
  async prefix(name, model, dir) {
    const { layers, keyValueHeads, headDim } = model.config;
    const values = noise(TOKENS * prefixWidth(model.config), 0.5);
    const prefix = { name: 'p', tokens: TOKENS, layers, keyValueHeads, headDim, values };
    await writePrefix(dir, prefix, base(name, model));
    return { model, prefix };
  },
  lora: (name, model, dir) => lora(name, model, dir, false),
  rslora: (name, model, dir) => lora(name, model, dir, true),
};

async function lora(name: string, model: Model, dir: string, rankStabilized: boolean) {
  const targets = [...model.family.loraTargets];
  const shape = { rank: 3, alpha: 6, dropout: 0.1, rankStabilized, targets };
  const start = initialAdapter(model, shape, 1);
  const low = Object.entries(adapterParameters(start));
  const values = Object.fromEntries(low.map(([key, { length }]) => [key, noise(length, 0.3)]));
  const adapter = adapterOf(start, values);
  const transposedLinears = model.family.transposedLinears ?? false;
  await writeLora(dir, adapter, { ...base(name, model), transposedLinears });
  return { model: adaptedModel(model, adapter) };
}

async function ourLogits(engine: Engine, arm: Arm): Promise<Float32Array> {
  const generator = createGenerator(engine, arm);
  const { logits } = await generator.start(ids);
  await generator.release();
  return logits;
}

const available = hasModules('torch', 'transformers', 'peft');
const cases = families.flatMap((name) => Object.keys(KINDS).map((kind) => [name, kind] as const));

describe.skipIf(!available)('PEFT opens our folders', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kintsugi-interop-'));
  const ours: Float32Array[] = [];
  /** Logits, or what went wrong. */
  let theirs: (number[] | string)[];
  let plain: number[][];
  beforeAll(async () => {
    const engine = await openDevice('cpu', { threads: 1 });
    for (const [name, kind] of cases) {
      const { model } = await openModel(join(FIXTURES, name));
      const arm = await KINDS[kind]!(name, model, join(folder, `${name} ${kind}`));
      ours.push(await ourLogits(engine, arm));
    }
    const folders = cases.map(([name, kind]) => [
      join(FIXTURES, name),
      join(folder, `${name} ${kind}`),
    ]);
    const bases = families.map((name) => [join(FIXTURES, name), '']);
    const all = await python('adapters.py', [
      JSON.stringify(ids),
      JSON.stringify([...folders, ...bases]),
    ]);
    const found = JSON.parse(all);
    theirs = found.slice(0, cases.length);
    plain = found.slice(cases.length);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(cases.map(([name, kind], i) => ({ name, kind, i })))(
    '$name behind our $kind folder: equal logits',
    ({ name, kind, i }) => {
      const logits = theirs[i]!;
      if (typeof logits === 'string') throw new Error(logits);
      const worst = furthest(ours[i]!, logits);
      const moved = furthest(logits, plain[families.indexOf(name)]!);
      console.log(
        `${name} ${kind}: off by ${worst.toExponential(1)}, moved by ${moved.toFixed(2)}`,
      );
      expect(moved).toBeGreaterThan(0.01);
      expect(worst).toBeLessThan(1e-4);
    },
  );
});
