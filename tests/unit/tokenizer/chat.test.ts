import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChatMessage, createChatTemplate } from '../../../src/core/tokenizer/chat.ts';
import { loadTokenizer } from '../../../src/core/tokenizer/tokenizer.ts';
import golden from '../../fixtures/chat/golden.json' with { type: 'json' };
import { failure } from '../checkpoint/files.ts';

const definition = new URL('../../fixtures/tokenizers/qwen2/tokenizer.json', import.meta.url);

interface Case {
  readonly messages: ChatMessage[];
  readonly text?: string;
  readonly error?: string;
}

describe.each(golden.templates)('a chat template in the manner of $name', (entry) => {
  it.each(entry.cases as Case[])('renders as transformers does: $messages', (expected) => {
    const template = createChatTemplate(entry.template, golden.tokens, 'file');
    if (expected.error === undefined) {
      expect(template.render(expected.messages)).toBe(expected.text);
    } else {
      expect(() => template.render(expected.messages)).toThrow(
        failure('CHAT_TEMPLATE_INVALID', new RegExp(expected.error)),
      );
    }
  });
});

describe('a hostile chat template', () => {
  const user: ChatMessage[] = [{ role: 'user', content: 'a'.repeat(60) }];
  it.each([
    [
      'loops for ever',
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
      /more than 2 seconds/,
    ],
    ['asks for a huge list', '{{ range(1000000000) | length }}', /range\(\) is too long/],
    [
      'doubles a list',
      '{% set ns = namespace(l=[0]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}',
      /too long a list/,
    ],
    ['is huge itself', `{#${'x'.repeat(2 ** 20)}#}`, /more than 1048576 characters/],
    [
      'doubles a text',
      "{% set ns = namespace(t='ab') %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
      /too much text/,
    ],
    [
      'multiplies a text',
      "{% set t = messages[0].content %}{% for i in range(9) %}{% set t = t | replace('a', t) %}{{ t }}{% endfor %}",
      /too much text/,
    ],
    ['indents by 2³⁰', "{{ 'a\nb' | indent(1073741823) }}", /string length/],
    ['calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /not a function/],
    ['is no template', '{% if %}', /Unexpected token/],
    [
      'reaches for the process',
      "{{ ''.constructor.constructor('return process')() }}",
      /not a function/,
    ],
  ])('that %s is cut off with a typed error', (_, source, why) => {
    const started = performance.now();
    expect(() => createChatTemplate(source, {}, 'file').render(user)).toThrow(
      failure('CHAT_TEMPLATE_INVALID', why),
    );
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('the template of a folder', () => {
  it('is not read when it is no text that could be one', async () => {
    const dir = folder({ 'tokenizer.json': readFileSync(definition, 'utf8') });
    const file = join(dir, 'chat_template.jinja');
    writeFileSync(file, '');
    truncateSync(file, 2 ** 25);
    await expect(loadTokenizer(dir)).rejects.toEqual(
      failure('TOKENIZER_INVALID', /more than the \d+ that are accepted/),
    );
    rmSync(file);
    mkdirSync(file);
    await expect(loadTokenizer(dir)).rejects.toEqual(
      failure('TOKENIZER_INVALID', /cannot be read/),
    );
  });

  function folder(files: Record<string, unknown>): string {
    const dir = mkdtempSync(join(tmpdir(), 'kintsugi-chat-'));
    const write = (name: string, value: unknown) =>
      writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
    for (const [name, value] of Object.entries(files)) write(name, value);
    return dir;
  }
  const messages: ChatMessage[] = [{ role: 'user', content: 'Hi' }];

  it('comes from chat_template.jinja before tokenizer_config.json, plain or by name', async () => {
    const tokenizer = { 'tokenizer.json': readFileSync(definition, 'utf8') };
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'named {{ messages[0].content }}{{ eos_token }}' },
    ];
    const render = async (files: Record<string, unknown>) =>
      (await loadTokenizer(folder({ ...tokenizer, ...files }))).chat?.render(messages);
    expect(await render({})).toBeUndefined();
    const plain = { eos_token: { content: '<|im_end|>' }, chat_template: 'plain{{ eos_token }}' };
    expect(await render({ 'tokenizer_config.json': plain })).toBe('plain<|im_end|>');
    const list = { eos_token: '<|im_end|>', chat_template: named };
    expect(await render({ 'tokenizer_config.json': list })).toBe('named Hi<|im_end|>');
    const file = 'file {{ messages | length }}';
    expect(await render({ 'tokenizer_config.json': plain, 'chat_template.jinja': file })).toBe(
      'file 1',
    );
  });
});
