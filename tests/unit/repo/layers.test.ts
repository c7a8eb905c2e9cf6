import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryOf, ROOT } from '../../../scripts/tools.ts';

const run = promisify(execFile);

type Files = Readonly<Record<string, string>>;

const PACKAGES: Files = {
  'node_modules/electron/index.js': '',
  'node_modules/electron/package.json': '{"name":"electron","main":"index.js"}',
  'node_modules/zod/index.js': '',
  'node_modules/zod/package.json': '{"name":"zod","main":"index.js"}',
  'node_modules/onnxruntime-node/index.js': '',
  'node_modules/onnxruntime-node/package.json': '{"name":"onnxruntime-node","main":"index.js"}',
  'node_modules/kysely/index.js': '',
  'node_modules/kysely/package.json': '{"name":"kysely","main":"index.js"}',
};

/** Every import the layers allow. */
const SOUND: Files = {
  'src/shared/contract.ts': `import 'zod'; export const contract = 1;`,
  'src/core/random.ts': `export const random = 1;`,
  'src/core/checkpoint/read.ts': `import '../random.ts'; export interface Entry { n: 1 }`,
  'src/core/engine/run.ts': `import type { Entry } from '../checkpoint/read.ts'; export type E = Entry;`,
  'src/core/engine/onnx/session.ts': `import 'onnxruntime-node'; export {};`,
  'src/core/models/llama.ts': `import '../engine/run.ts'; export const llama = 1;`,
  'src/core/compress/gptq.ts': `import '../models/llama.ts'; import '../../shared/contract.ts';`,
  'src/core/export/peft.ts': `import '../compress/gptq.ts'; export {};`,
  'src/main/compute/host.ts': `import '../../core/compress/gptq.ts'; export {};`,
  'src/main/db/runs.ts': `import 'kysely'; import type { Entry } from '../../core/checkpoint/read.ts'; export type R = Entry;`,
  'src/main/electron/index.ts': `import 'electron'; import '../db/runs.ts'; export {};`,
  'src/preload/index.ts': `import 'electron'; import '../shared/contract.ts'; export {};`,
  'src/renderer/main.tsx': `import '../shared/contract.ts'; export {};`,
  'scripts/build.ts': `import '../src/core/random.ts'; export {};`,
  'tests/a.test.ts': `import '../src/main/db/runs.ts'; export {};`,
};

/** One file per forbidden import: the rule it breaks, and the violation. */
const VIOLATIONS: Readonly<Record<string, readonly [rule: string, source: string]>> = {
  'src/shared/a.ts': ['shared-is-the-bottom', `import '../core/random.ts';`],
  'src/shared/b.ts': ['shared-is-the-bottom', `import 'node:fs';`],
  'src/shared/c.ts': ['shared-is-the-bottom', `import 'kysely';`],
  'src/core/export/a.ts': ['core-is-pure', `import '../../main/db/runs.ts';`],
  'src/core/export/b.ts': ['core-is-pure', `import 'kysely';`],
  'src/core/gadgets/a.ts': ['core-folder-unknown', `import '../random.ts';`],
  'src/core/models/b.ts': ['graphs-are-ours', `import 'onnxruntime-node';`],
  'src/core/top.ts': ['core-top-is-lowest', `import './checkpoint/read.ts';`],
  'src/core/checkpoint/a.ts': ['core-order-checkpoint', `import '../engine/run.ts';`],
  'src/core/data/a.ts': ['core-order-data', `import '../models/llama.ts';`],
  'src/core/tokenizer/a.ts': ['core-order-tokenizer', `import '../models/llama.ts';`],
  'src/core/engine/a.ts': ['core-order-engine', `import '../models/llama.ts';`],
  'src/core/models/a.ts': ['core-order-models', `import '../compress/gptq.ts';`],
  'src/core/compress/a.ts': ['core-order-compress', `import '../export/peft.ts';`],
  'src/core/tune/a.ts': ['core-order-tune', `import '../export/peft.ts';`],
  'src/core/select/a.ts': ['core-order-select', `import '../export/peft.ts';`],
  'src/core/generate/a.ts': ['core-order-generate', `import '../export/peft.ts';`],
  'src/core/evaluate/a.ts': ['core-order-evaluate', `import '../export/peft.ts';`],
  'src/core/analyse/a.ts': ['core-order-analyse', `import '../export/peft.ts';`],
  'src/main/db/a.ts': ['main-computes-in-compute', `import '../../core/random.ts';`],
  'src/main/b.ts': ['main-is-no-screen', `import '../renderer/main.tsx';`],
  'src/main/c.ts': ['electron-stays-thin', `import 'electron';`],
  'src/main/d.ts': ['electron-stays-thin', `import './electron/index.ts';`],
  'src/preload/a.ts': ['preload-only-bridges', `import '../main/db/runs.ts';`],
  'src/preload/b.ts': ['preload-only-bridges', `import 'node:fs';`],
  'src/renderer/a.ts': ['renderer-sees-shared-only', `import '../core/random.ts';`],
  'src/renderer/b.ts': [
    'renderer-sees-shared-only',
    `import type { R } from '../main/db/runs.ts';`,
  ],
  'src/renderer/c.ts': ['renderer-has-no-node', `import 'node:path';`],
  'src/main/e.ts': ['src-is-self-contained', `import '../../scripts/build.ts';`],
  'src/shared/loop.ts': [
    'no-cycles',
    `import type { L } from './out-and-back.ts'; export type M = L;`,
  ],
  'src/main/f.ts': ['no-unresolvable', `import './missing.ts';`],
};

/** Completes the cycle, so it breaks the same rule as its partner above. */
const LOOP_BACK = { 'src/shared/out-and-back.ts': `import './loop.ts'; export type L = 1;` };

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

const trees: string[] = [];
afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true });
});

function plant(files: Files): string {
  const tree = mkdtempSync(join(tmpdir(), 'kintsugi-layers-'));
  trees.push(tree);
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), source);
  }
  copyFileSync(join(ROOT, 'tsconfig.base.json'), join(tree, 'tsconfig.base.json'));
  return tree;
}

async function violationsIn(files: Files): Promise<Violation[]> {
  const args = [binaryOf('dependency-cruiser', 'depcruise'), '--output-type', 'json'];
  const config = ['--config', join(ROOT, '.dependency-cruiser.mjs')];
  const folders = ['src', 'tests', 'scripts'];
  const { stdout } = await run(process.execPath, [...args, ...config, ...folders], {
    cwd: plant({ ...PACKAGES, ...files }),
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout).summary.violations;
}

describe('the layer rules', () => {
  let found: Violation[];
  beforeAll(async () => {
    const planted = Object.entries(VIOLATIONS).map(([path, [, source]]) => [path, source] as const);
    found = await violationsIn({ ...SOUND, ...LOOP_BACK, ...Object.fromEntries(planted) });
  });

  it('accept every import the layers allow', async () => {
    expect(await violationsIn(SOUND)).toEqual([]);
  });

  it.each(Object.entries(VIOLATIONS).map(([path, [rule, source]]) => ({ path, rule, source })))(
    '$rule refuses $source in $path',
    ({ path, rule }) => {
      const rules = found
        .filter(({ from }) => from === path)
        .map((violation) => violation.rule.name);
      expect(rules).toContain(rule);
    },
  );

  it('complain about nothing else', () => {
    const planted = new Set([...Object.keys(VIOLATIONS), ...Object.keys(LOOP_BACK)]);
    expect(found.filter(({ from }) => !planted.has(from))).toEqual([]);
  });

  it('are each broken by one of these files', async () => {
    const { default: config } = await import(join(ROOT, '.dependency-cruiser.mjs'));
    const names = config.forbidden.map(({ name }: { name: string }) => name);
    const broken = new Set(Object.values(VIOLATIONS).map(([rule]) => rule));
    expect(names.filter((name: string) => !broken.has(name))).toEqual([]);
  });
});
