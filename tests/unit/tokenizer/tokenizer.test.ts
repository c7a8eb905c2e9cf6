import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../src/core/tokenizer/tokenizer.ts';
import samples from '../../fixtures/tokenizers/samples.json' with { type: 'json' };
import { failure, temporaryFolder } from '../checkpoint/files.ts';

const fixture = (name: string) =>
  new URL(`../../fixtures/tokenizers/${name}`, import.meta.url).pathname;

interface Golden {
  readonly ids: number[];
  readonly with_special: number[];
  readonly decoded: string;
}

/** Every sample text with what Hugging Face's own tokenizers make of it. */
function goldenOf(name: string): (Golden & { readonly text: string })[] {
  const golden: Golden[] = JSON.parse(readFileSync(join(fixture(name), 'golden.json'), 'utf8'));
  return golden.map((one, i) => ({ ...one, text: samples[i]! }));
}

const KINDS = readdirSync(fixture('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function folderWith(files: Record<string, unknown>): string {
  const dir = temporaryFolder();
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
  return dir;
}

// biome-ignore lint/suspicious/noExplicitAny: tests put anything into a tokenizer.
type Json = any;

const definition = (): Json =>
  JSON.parse(readFileSync(join(fixture('llama3'), 'tokenizer.json'), 'utf8'));

function changed(change: (tokenizer: Json) => void): string {
  const tokenizer = definition();
  change(tokenizer);
  return folderWith({ 'tokenizer.json': tokenizer });
}

describe.each(KINDS)('a tokenizer in the manner of %s', (name) => {
  const golden = goldenOf(name);

  it("gives the ids of Hugging Face's tokenizers", async () => {
    const tokenizer = await loadTokenizer(fixture(name));
    for (const { text, ids, with_special } of golden) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true }), text).toEqual(with_special);
    }
  });

  it('decodes as it does', async () => {
    const tokenizer = await loadTokenizer(fixture(name));
    for (const { ids, decoded } of golden) expect(tokenizer.decode(ids), decoded).toBe(decoded);
  });

  it('streams the same text, never half a character', async () => {
    const tokenizer = await loadTokenizer(fixture(name));
    for (const { ids, decoded } of golden) {
      const stream = tokenizer.decodeStream();
      const pieces = ids.map((id) => stream.push(id));
      expect([...pieces, stream.end()].join('')).toBe(decoded);
      for (const piece of pieces) {
        if (!decoded.includes('\uFFFD')) expect(piece).not.toContain('\uFFFD');
        expect(piece.isWellFormed()).toBe(true);
      }
    }
  });
});

describe('loadTokenizer', () => {
  it('reads the starter with the names of its special tokens', async () => {
    const dir = new URL('../../../resources/starter', import.meta.url).pathname;
    const tokenizer = await loadTokenizer(dir);
    const text = 'The capital of France is Paris.\nŻółć 🦊';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer).toMatchObject({ bosId: 0, eosId: 0, padId: 1 });
    expect(tokenizer.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(tokenizer.encode('<|endoftext|>a')[0]).toBe(0);
  });

  it('takes special tokens as texts, descriptions, or ids of the config', async () => {
    const files = { 'tokenizer.json': definition() };
    const settings = { bos_token: '<s>', eos_token: { content: '</s>' }, pad_token: null };
    const named = await loadTokenizer(folderWith({ ...files, 'tokenizer_config.json': settings }));
    expect(named).toMatchObject({ bosId: 1, eosId: 2, padId: undefined });
    const config = { bos_token_id: 1, eos_token_id: [2, 0], pad_token_id: 1e9 };
    const numbered = await loadTokenizer(folderWith({ ...files, 'config.json': config }));
    expect(numbered).toMatchObject({ bosId: 1, eosId: 2, padId: undefined });
    const bare = await loadTokenizer(folderWith(files));
    expect(bare).toMatchObject({ bosId: undefined, eosId: undefined, padId: undefined });
    expect(bare.vocabularySize).toBe(403);
  });

  it('counts added tokens, with gaps, in the vocabulary', async () => {
    const added = { id: 500, content: '<new>', special: true, normalized: false };
    const dir = changed((t) => t.added_tokens.push(added));
    const tokenizer = await loadTokenizer(dir);
    expect(tokenizer.vocabularySize).toBe(501);
    expect(tokenizer.encode('<new>')).toEqual([500]);
  });

  it('keeps spaces before punctuation, and words as written', async () => {
    const settings = { clean_up_tokenization_spaces: true };
    const dir = folderWith({ 'tokenizer.json': definition(), 'tokenizer_config.json': settings });
    const tokenizer = await loadTokenizer(dir);
    expect(tokenizer.decode(tokenizer.encode('Is it , or not ?'))).toBe('Is it , or not ?');
  });

  it('leaves out special tokens and ids without a token', async () => {
    const tokenizer = await loadTokenizer(fixture('llama3'));
    const [space, word] = [tokenizer.encode(' is'), tokenizer.encode('The')];
    expect(tokenizer.decode([1, ...word, 99_999, -1, 2, ...space])).toBe('The is');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([1])).toBe('');
  });

  it('reads a file that leaves the model type out, as gpt2 does', async () => {
    const tokenizer = await loadTokenizer(
      changed((t) => {
        delete t.model.type;
        Object.assign(t.model, { continuing_subword_prefix: '', unk_token: '' });
      }),
    );
    const { text, ids } = goldenOf('llama3')[4]!;
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it('has another hash when its file differs', async () => {
    const hashes = await Promise.all(
      ['llama3', 'llama2'].map(async (name) => (await loadTokenizer(fixture(name))).hash),
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it.each<[string, (tokenizer: Json) => void, RegExp]>([
    [
      'no model',
      (t) => {
        delete t.model;
      },
      /no model/,
    ],
    [
      'no vocabulary',
      (t) => {
        delete t.model.vocab;
      },
      /no vocabulary/,
    ],
    [
      'an empty vocabulary',
      (t) => {
        t.model.vocab = {};
        t.added_tokens = [];
      },
      /is empty/,
    ],
    [
      'an id of 4·10⁹',
      (t) => {
        t.model.vocab.The = 4e9;
      },
      /id of token "The"/,
    ],
    [
      'an id of −1',
      (t) => {
        t.model.vocab.The = -1;
      },
      /id of token "The"/,
    ],
    [
      'an id of 0.5',
      (t) => {
        t.model.vocab.The = 0.5;
      },
      /id of token "The"/,
    ],
    [
      'an id that is text',
      (t) => {
        t.model.vocab.The = '3';
      },
      /id of token "The"/,
    ],
    [
      'a huge added id',
      (t) => {
        t.added_tokens[0].id = 1e12;
      },
      /id of token "<unk>"/,
    ],
    [
      'an added token without content',
      (t) => {
        t.added_tokens[0].content = '';
      },
      /no content/,
    ],
    [
      'added tokens that are no list',
      (t) => {
        t.added_tokens = {};
      },
      /not a list/,
    ],
    [
      'an unknown model',
      (t) => {
        t.model.type = 'Mystery';
      },
      /model type is unknown/,
    ],
    [
      'an unknown decoder',
      (t) => {
        t.decoder = { type: 'Mystery' };
      },
      /Unknown Decoder/,
    ],
    [
      'an unknown pre-tokenizer',
      (t) => {
        t.pre_tokenizer = { type: 'Mystery' };
      },
      /cannot be used/,
    ],
    [
      'merges that are no list',
      (t) => {
        t.model.merges = 3;
      },
      /cannot be used/,
    ],
    [
      'an invalid pattern',
      (t) => {
        t.pre_tokenizer.pretokenizers[0].pattern.Regex = '(';
      },
      /cannot be used/,
    ],
  ])('refuses a tokenizer with %s', async (_, change, message) => {
    await expect(loadTokenizer(changed(change))).rejects.toEqual(
      failure('TOKENIZER_INVALID', message),
    );
  });

  it('refuses a template whose token the vocabulary lacks, when it is used', async () => {
    const tokenizer = await loadTokenizer(
      changed((t) => {
        t.post_processor.processors[1].single[0].SpecialToken.id = '<none>';
      }),
    );
    expect(tokenizer.encode('is')).toHaveLength(1);
    expect(() => tokenizer.encode('is', { addSpecialTokens: true })).toThrow(
      failure('TOKENIZER_INVALID', /no token for a part/),
    );
  });

  it('says what is missing or damaged', async () => {
    const dir = temporaryFolder();
    const refused = (path: string, message: RegExp) =>
      expect(loadTokenizer(path)).rejects.toEqual(failure('TOKENIZER_INVALID', message));
    await refused(join(dir, 'none'), /no model folder/);
    await refused(dir, /no tokenizer\.json/);
    writeFileSync(join(dir, 'tokenizer.json'), '{"model":');
    await refused(dir, /not valid JSON/);
    writeFileSync(join(dir, 'tokenizer.json'), '{"model":{"vocab":{"a":0,"a":1}}}');
    await refused(dir, /"a" is given twice/);
    cpSync(join(fixture('llama3'), 'tokenizer.json'), join(dir, 'tokenizer.json'));
    writeFileSync(join(dir, 'tokenizer_config.json'), '[]');
    await refused(dir, /tokenizer_config\.json must hold a JSON object/);
  });

  it.skipIf(process.platform === 'win32')('does not follow a link out of the folder', async () => {
    const dir = temporaryFolder();
    symlinkSync(join(fixture('llama3'), 'tokenizer.json'), join(dir, 'tokenizer.json'));
    await expect(loadTokenizer(dir)).rejects.toEqual(
      failure('TOKENIZER_INVALID', /leads out of the model folder/),
    );
  });
});

describe('special tokens', () => {
  const opened = async (settings: Json, kind = 'llama3') => {
    const tokenizer = readFileSync(join(fixture(kind), 'tokenizer.json'), 'utf8');
    return loadTokenizer(
      folderWith({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': settings }),
    );
  };

  it('open a text as the template says, or as the settings say instead', async () => {
    const tokens = { bos_token: '<s>', eos_token: '</s>' };
    const both = { addSpecialTokens: true };
    expect((await opened(tokens)).opening).toEqual([1]);
    expect((await opened(tokens, 'gpt2')).opening).toEqual([]);
    const never = await opened({ ...tokens, add_bos_token: false });
    expect(never.opening).toEqual([]);
    expect(never.encode('is', both)).toEqual(never.encode('is'));
    const around = await opened({ ...tokens, add_bos_token: true, add_eos_token: true }, 'gpt2');
    expect(around.opening).toEqual([1]);
    expect(around.encode('is', both)).toEqual([1, ...around.encode('is'), 2]);
  });

  it('end generation, also those that only generation_config.json lists', async () => {
    const tokenizer = definition();
    const dir = folderWith({
      'tokenizer.json': tokenizer,
      'tokenizer_config.json': { eos_token: '</s>' },
      'generation_config.json': { eos_token_id: [2, 402, 10_000] },
    });
    expect((await loadTokenizer(dir)).stopIds).toEqual([2, 402]);
  });
});

describe('a hostile tokenizer.json', () => {
  it('whose pattern backtracks for ever is cut off, and the process lives on', async () => {
    const tokenizer = await loadTokenizer(
      changed((t) => {
        t.pre_tokenizer.pretokenizers[0].pattern.Regex = '(a+)+$';
      }),
    );
    expect(tokenizer.encode('is')).toHaveLength(1);
    expect(() => tokenizer.encode(`${'a'.repeat(60)}!`)).toThrow(
      failure('TOKENIZER_INVALID', /patterns of tokenizer\.json take too long/),
    );
    expect(tokenizer.encode('is')).toHaveLength(1);
  });

  it('is cut off in a worker thread too, which goes on answering', async () => {
    const dir = changed((t) => {
      t.pre_tokenizer.pretokenizers[0].pattern.Regex = '(a+)+$';
    });
    const module = new URL('../../../src/core/tokenizer/tokenizer.ts', import.meta.url).href;
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(async ({ loadTokenizer }) => {
        const tokenizer = await loadTokenizer(workerData.dir);
        let code;
        try { tokenizer.encode('a'.repeat(60) + '!'); } catch (error) { code = error.code; }
        parentPort.postMessage({ code, ids: tokenizer.encode('is').length });
      });`;
    const worker = new Worker(source, { eval: true, workerData: { module, dir } });
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(answer).toEqual({ code: 'TOKENIZER_INVALID', ids: 1 });
  });

  it('whose table of characters is cut short is refused', async () => {
    const dir = changed((t) => {
      t.normalizer = { type: 'Precompiled', precompiled_charsmap: '//8AAA==' };
    });
    await expect(loadTokenizer(dir)).rejects.toEqual(
      failure('TOKENIZER_INVALID', /table is cut short/),
    );
  });

  it('whose table leads nowhere changes nothing', async () => {
    // One unit that points far outside.
    const table = Buffer.from([4, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f]).toString('base64');
    const tokenizer = await loadTokenizer(
      changed((t) => {
        t.normalizer = { type: 'Precompiled', precompiled_charsmap: table };
      }),
    );
    expect(tokenizer.decode(tokenizer.encode('Żółć 🦊'))).toBe('Żółć 🦊');
  });
});

describe('decodeStream', () => {
  it('holds bytes back until they are a character, and gives up at the end', async () => {
    const tokenizer = await loadTokenizer(fixture('llama3'));
    const bytes = tokenizer.encode('🦊');
    expect(bytes.length).toBeGreaterThan(1);
    const stream = tokenizer.decodeStream();
    const pieces = bytes.map((id) => stream.push(id));
    expect(pieces.join('')).toBe('🦊');
    expect(pieces.slice(0, -1).join('')).toBe('');
    expect(stream.push(bytes[0]!)).toBe('');
    expect(stream.end()).toBe('\uFFFD');
    expect(stream.end()).toBe('');
  });

  it('goes on after bytes that never become a character', async () => {
    const tokenizer = await loadTokenizer(fixture('llama3'));
    const [first] = tokenizer.encode('🦊');
    const ids = [first!, first!, ...tokenizer.encode('is 🦊'), first!, ...tokenizer.encode(' hot')];
    const stream = tokenizer.decodeStream();
    const text = ids.map((id) => stream.push(id)).join('') + stream.end();
    expect(text).toBe(tokenizer.decode(ids));
  });

  it('keeps the space of a word behind a special token', async () => {
    const tokenizer = await loadTokenizer(fixture('llama2'));
    const words = tokenizer.encode('The capital of');
    const ids = [1, ...words.slice(0, 1), 2, ...words.slice(1)];
    const stream = tokenizer.decodeStream();
    expect(ids.map((id) => stream.push(id)).join('')).toBe(tokenizer.decode(ids));
  });
});
