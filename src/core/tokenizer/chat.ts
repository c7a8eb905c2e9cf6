import * as jinja from '@huggingface/jinja';
import { KintsugiError } from '../../shared/errors.ts';
import { isTimeout, withDeadline } from './deadline.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** How a model was taught to read a conversation: a Jinja template from its folder. */
export interface ChatTemplate {
  /**
   * The conversation as one text, up to where the assistant speaks. It holds the special tokens that
   * it needs: encode it without adding any.
   * @throws KintsugiError CHAT_TEMPLATE_INVALID, also for a template that takes too long or makes too
   *   much, or that refuses the messages (some know no system role)
   */
  render(messages: readonly ChatMessage[]): string;
}

/**
 * Token ids of a conversation, up to where the assistant speaks.
 * @throws KintsugiError CHAT_TEMPLATE_INVALID when the model has no template, or as `render` does
 */
export function encodeChat(
  tokenizer: { readonly chat: ChatTemplate | undefined; encode(text: string): number[] },
  messages: readonly ChatMessage[],
): number[] {
  if (tokenizer.chat) return tokenizer.encode(tokenizer.chat.render(messages));
  throw new KintsugiError('CHAT_TEMPLATE_INVALID', 'The model has no chat template.', {
    next: 'Give plain text instead of a chat, or choose a model that was taught to chat.',
    field: 'chat_template',
  });
}

const SECONDS = 2;
const MAX_TEMPLATE = 2 ** 20;
/** Characters in one value, and in all values that a rendering makes. */
const MAX_TEXT = 2 ** 22;
const MAX_TOTAL = 2 ** 26;
const MAX_LIST = 100_000;

const { Environment, Interpreter, parse, tokenize } = jinja as unknown as Jinja;

/** @param tokens `bos_token` and the like, which templates refer to by these names */
export function createChatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>>,
  file: string,
): ChatTemplate {
  return {
    render(messages) {
      try {
        return withDeadline(SECONDS * 1000, () => render(source, tokens, messages));
      } catch (cause) {
        const why = isTimeout(cause)
          ? `took more than ${SECONDS} seconds`
          : `failed: ${(cause as Error).message}`;
        throw new KintsugiError('CHAT_TEMPLATE_INVALID', `The model's chat template ${why}.`, {
          next: 'Leave out what the template does not know, or give plain text instead of a chat.',
          file,
          field: 'chat_template',
          cause,
        });
      }
    },
  };
}

function render(
  source: string,
  tokens: Readonly<Record<string, string>>,
  messages: readonly ChatMessage[],
): string {
  if (source.length > MAX_TEMPLATE) throw new Error(`it has more than ${MAX_TEMPLATE} characters`);
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  const environment = new Environment();
  const set = (values: Readonly<Record<string, unknown>>) => {
    for (const [name, value] of Object.entries(values)) environment.set(name, value);
  };
  set(GLOBALS);
  set(tokens);
  set({ messages, tools: null, documents: null, add_generation_prompt: true });
  return String(new BoundedInterpreter(environment).run(program).value);
}

/** What transformers gives to templates; the names of the constants are Jinja's. */
const GLOBALS = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception(message: string): never {
    throw new Error(message);
  },
  range(start: number, stop?: number, step?: number): number[] {
    const [from, to] = stop === undefined ? [0, start] : [start, stop];
    const by = step ?? 1;
    const count = Math.max(0, Math.ceil((to - from) / by));
    if (!(count <= MAX_LIST)) throw new Error('range() is too long');
    return Array.from({ length: count }, (_, i) => from + i * by);
  },
  strftime_now: (format: string): string => formatDate(new Date(), format),
};

function formatDate(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = (style: 'long' | 'short') => date.toLocaleString('en', { month: style });
  const fields: Readonly<Record<string, string>> = {
    '%Y': String(date.getFullYear()),
    '%m': two(date.getMonth() + 1),
    '%d': two(date.getDate()),
    '%B': month('long'),
    '%b': month('short'),
    '%H': two(date.getHours()),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
  };
  return format.replaceAll(/%[A-Za-z]/g, (field) => fields[field] ?? field);
}

interface Value {
  readonly value: unknown;
}

/** The package as it is used here; its own types cannot be resolved. */
interface Jinja {
  tokenize(source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }): unknown;
  parse(tokens: unknown): unknown;
  readonly Environment: new () => { set(name: string, value: unknown): void };
  readonly Interpreter: new (
    environment: unknown,
  ) => {
    run(program: unknown): Value;
    /** Of every statement and expression, recursively. */
    evaluate(node: unknown, environment: unknown): Value;
  };
}

/** Counts what is made, so that a template cannot fill the memory within its time. */
class BoundedInterpreter extends Interpreter {
  private made = 0;

  override evaluate(node: unknown, environment: unknown): Value {
    const result = super.evaluate(node, environment);
    const { value } = result;
    const length = typeof value === 'string' ? value.length : 0;
    this.made += length;
    if (length > MAX_TEXT || this.made > MAX_TOTAL) throw new Error('it makes too much text');
    if (Array.isArray(value) && value.length > MAX_LIST)
      throw new Error('it makes too long a list');
    return result;
  }
}
