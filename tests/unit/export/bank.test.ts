import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readBank, writeBank } from '../../../src/core/export/bank.ts';
import { checkBankFits } from '../../../src/core/export/fit.ts';
import { failure, temporaryFolder } from '../checkpoint/files.ts';
import { bank, WIDTH } from './samples.ts';

const FIRST = 'prompt-001-capitals-currencies';

let dir: string;
beforeEach(async () => {
  dir = join(temporaryFolder(), 'bank');
  await writeBank(dir, bank());
});

// biome-ignore lint/suspicious/noExplicitAny: tests put anything into a manifest.
function edit(change: (manifest: any) => void): void {
  const file = join(dir, 'bank.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

const refused = (message: RegExp, more: Record<string, unknown> = {}) =>
  expect(readBank(dir)).rejects.toEqual(failure('BANK_INVALID', message, more));

describe('writeBank and readBank', () => {
  it('keep everything, bit for bit', async () => {
    const { hash, width, ...read } = await readBank(dir);
    expect(read).toMatchObject(bank());
    expect(width).toBe(WIDTH);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(readdirSync(dir)).toEqual(['bank.json', FIRST, 'prompt-002-odd', 'prompt-003-c']);
    expect(readdirSync(dirname(dir))).toEqual(['bank']);
  });

  it('give the same bytes for the same bank, and another hash for another', async () => {
    const again = join(temporaryFolder(), 'bank');
    await writeBank(again, bank());
    expect((await readBank(again)).hash).toBe((await readBank(dir)).hash);
    const other = join(temporaryFolder(), 'bank');
    const changed = bank();
    changed.prompts[2]!.embeddings[0]! += 1;
    await writeBank(other, changed);
    expect((await readBank(other)).hash).not.toBe((await readBank(dir)).hash);
  });

  it('keep a bank of an uncompressed model with a fixed prompt', async () => {
    const target = join(temporaryFolder(), 'empty');
    mkdirSync(target);
    const selector = { kind: 'fixed', prompt: 0 } as const;
    await writeBank(target, { ...bank(['only']), selector, compression: null });
    expect(await readBank(target)).toMatchObject({ selector, compression: null });
  });
});

describe('writeBank', () => {
  it('leaves a folder that holds files alone', async () => {
    const before = (await readBank(dir)).hash;
    await expect(writeBank(dir, bank(['x']))).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /already holds files/, { file: dir }),
    );
    expect((await readBank(dir)).hash).toBe(before);
    expect(readdirSync(dirname(dir))).toEqual(['bank']);
  });

  it('leaves nothing behind when it fails', async () => {
    const target = join(dirname(dir), 'other');
    const wrong = bank();
    const last = { ...wrong.prompts[2]!, width: WIDTH + 1 };
    const prompts = [wrong.prompts[0]!, wrong.prompts[1]!, last];
    await expect(writeBank(target, { ...wrong, prompts })).rejects.toThrow(RangeError);
    await expect(writeBank(target, bank(['same', 'same']))).rejects.toThrow(/one name/);
    writeFileSync(join(dirname(dir), 'file'), '');
    await expect(writeBank(join(dirname(dir), 'file', 'bank'), bank())).rejects.toEqual(
      failure('OUTPUT_UNWRITABLE', /not a folder/),
    );
    expect(readdirSync(dirname(dir)).sort()).toEqual(['bank', 'file']);
  });
});

describe('readBank', () => {
  it('refuses a folder that is missing or has no manifest', async () => {
    await expect(readBank(join(dir, 'none'))).rejects.toEqual(
      failure('BANK_INVALID', /no bank folder/),
    );
    rmSync(join(dir, 'bank.json'));
    await refused(/no bank\.json/);
  });

  it('refuses a newer format before anything else, and says to update', async () => {
    edit((manifest) => {
      manifest.formatVersion = 2;
      manifest.unheardOf = {};
    });
    const next = expect.stringMatching(/^Update/);
    await refused(/format 2; this Kintsugi reads up to 1/, { field: 'formatVersion', next });
  });

  it.each(['../outside', '..', '.', '', '/etc', 'a/b', 'C:x', '..\\x', `${FIRST}\0`])(
    'refuses the prompt folder %j',
    async (folder) => {
      cpSync(join(dir, FIRST), join(dirname(dir), 'outside'), { recursive: true });
      edit((manifest) => {
        manifest.prompts[0].folder = folder;
      });
      await refused(/leads out of the bank|prompts\.0\.folder/);
    },
  );

  it.skipIf(process.platform === 'win32')('refuses links that lead out', async () => {
    const outside = join(dirname(dir), 'outside');
    renameSync(join(dir, FIRST), outside);
    symlinkSync(outside, join(dir, FIRST));
    await refused(/leads out of the bank/);
    rmSync(join(dir, FIRST));
    mkdirSync(join(dir, FIRST));
    cpSync(join(outside, 'adapter_config.json'), join(dir, FIRST, 'adapter_config.json'));
    const weights = 'adapter_model.safetensors';
    symlinkSync(join(outside, weights), join(dir, FIRST, weights));
    await refused(/leads out of the bank/);
    rmSync(join(dir, FIRST, weights));
    cpSync(join(outside, weights), join(dir, FIRST, weights));
    expect((await readBank(dir)).prompts).toHaveLength(3);
    renameSync(join(dir, 'bank.json'), join(outside, 'bank.json'));
    symlinkSync(join(outside, 'bank.json'), join(dir, 'bank.json'));
    await refused(/bank\.json leads out/);
  });

  it.each([0, 200, -1])('refuses a prompt whose byte %i has changed', async (at) => {
    const file = join(dir, FIRST, 'adapter_model.safetensors');
    const bytes = readFileSync(file);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    writeFileSync(file, bytes);
    await refused(/"capitals\+currencies" has changed/, { field: 'capitals+currencies' });
  });

  it('refuses a prompt that is missing', async () => {
    rmSync(join(dir, 'prompt-003-c'), { recursive: true });
    await refused(/"c" is missing/);
  });

  it('refuses prompts of another width or length than the bank', async () => {
    edit((manifest) => {
      manifest.baseModel.hiddenSize = WIDTH + 1;
    });
    await refused(/is \[2,6\], the bank says \[2,7\]/);
    edit((manifest) => {
      manifest.baseModel.hiddenSize = WIDTH;
      manifest.prompts[1].tokens = 9;
    });
    await refused(/is \[3,6\], the bank says \[9,6\]/);
  });

  it('refuses a fixed selector beyond the prompts', async () => {
    edit((manifest) => {
      manifest.selector = { kind: 'fixed', prompt: 3 };
    });
    await refused(/no prompt 3/, { field: 'selector.prompt' });
  });

  // biome-ignore lint/suspicious/noExplicitAny: tests put anything into a manifest.
  it.each<[string, (manifest: any) => void]>([
    [
      'formatVersion',
      (m) => {
        m.formatVersion = 0;
      },
    ],
    [
      'format',
      (m) => {
        m.format = 'other';
      },
    ],
    [
      'bank.json',
      (m) => {
        m.extra = 1;
      },
    ],
    [
      'baseModel.hash',
      (m) => {
        m.baseModel.hash = 'A'.repeat(64);
      },
    ],
    [
      'baseModel.hiddenSize',
      (m) => {
        m.baseModel.hiddenSize = 1e9;
      },
    ],
    [
      'tokenizerHash',
      (m) => {
        delete m.tokenizerHash;
      },
    ],
    [
      'selector.layer',
      (m) => {
        m.selector.layer = 0.5;
      },
    ],
    [
      'selector.kind',
      (m) => {
        m.selector.kind = 'eval';
      },
    ],
    [
      'seed',
      (m) => {
        m.seed = -1;
      },
    ],
    [
      'prompts',
      (m) => {
        m.prompts = [];
      },
    ],
    [
      'prompts',
      (m) => {
        m.prompts[1].name = m.prompts[0].name;
      },
    ],
    [
      'prompts',
      (m) => {
        m.prompts[1].folder = m.prompts[0].folder;
      },
    ],
    [
      'prompts',
      (m) => {
        m.prompts = Array(257).fill(m.prompts[0]);
      },
    ],
    [
      'prompts.0.tokens',
      (m) => {
        m.prompts[0].tokens = 1e9;
      },
    ],
    [
      'prompts.2.sha256',
      (m) => {
        m.prompts[2].sha256 = '';
      },
    ],
    [
      'prompts.2.metrics.loss',
      (m) => {
        m.prompts[2].metrics.loss = 'low';
      },
    ],
  ])('names the field at fault: %s', async (field, change) => {
    edit(change);
    await refused(/./, { field });
  });

  it('refuses a manifest that is not JSON or gives a name twice', async () => {
    writeFileSync(join(dir, 'bank.json'), '{');
    await refused(/not valid JSON/);
    writeFileSync(join(dir, 'bank.json'), '{"formatVersion":1,"formatVersion":1}');
    await refused(/given twice/);
  });

  it('refuses NaN even when the hash is right', async () => {
    const target = join(temporaryFolder(), 'bank');
    const broken = bank(['x']);
    broken.prompts[0]!.embeddings[7] = Number.NaN;
    await writeBank(target, broken);
    await expect(readBank(target)).rejects.toEqual(
      failure('BANK_INVALID', /"prompt_embeddings" holds NaN or infinity at \[1, 1\]/),
    );
  });

  it('refuses a prompt folder of another method or shape', async () => {
    const config = join(dir, FIRST, 'adapter_config.json');
    const good = readFileSync(config, 'utf8');
    writeFileSync(config, good.replace('PROMPT_TUNING', 'PREFIX_TUNING'));
    await refused(/peft_type is not PROMPT_TUNING/, { field: 'peft_type' });
    writeFileSync(config, good.replace('"num_virtual_tokens": 2', '"num_virtual_tokens": 3'));
    await refused(/prompt_embeddings is \[2,6\], the config says \[3,6\]/);
    writeFileSync(config, good.replace('submodules": 1', 'submodules": 2'));
    await refused(/num_transformer_submodules/, { field: 'num_transformer_submodules' });
  });
});

describe('checkBankFits', () => {
  const target = { modelHash: 'a'.repeat(64), hiddenSize: WIDTH, tokenizerHash: 'b'.repeat(64) };

  it('accepts the model that the bank was made for', () => {
    expect(() => checkBankFits(bank(), target)).not.toThrow();
  });

  it.each([
    ['hiddenSize', { hiddenSize: 8 }, /of width 6; this model's is 8/],
    ['tokenizerHash', { tokenizerHash: 'c' }, /another tokenizer/],
    ['modelHash', { modelHash: 'c' }, /weights differ/],
  ])('refuses another %s', (field, change, message) => {
    expect(() => checkBankFits(bank(), { ...target, ...change })).toThrow(
      failure('BANK_INCOMPATIBLE', message, { field }),
    );
  });
});
