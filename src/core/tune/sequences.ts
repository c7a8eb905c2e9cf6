import { KintsugiError } from '../../shared/errors.ts';
import { createRandom } from '../random.ts';
import type { Example } from './types.ts';

/** A tokenised example, opened by the beginning-of-text token where the tokenizer has one. */
export interface Sequence {
  readonly group: string;
  readonly ids: Int32Array;
  /** Index of the first token that is learned; those before it are only read. */
  readonly scoredFrom: number;
}

/** What tuning needs of a tokenizer. `encode` adds no special tokens. */
export interface TextEncoder {
  encode(text: string): ArrayLike<number>;
  /** What the tokenizer puts in front of every text. */
  readonly opening?: readonly number[];
}

export interface EncodeOptions {
  readonly tokenizer: TextEncoder;
  readonly vocabularySize: number;
  /** Longest sequence in tokens. Longer contexts lose their beginning, longer texts are cut up. */
  readonly maxLength: number;
}

/** Tokenises examples, in order; a long text becomes several sequences. @throws KintsugiError */
export function encodeExamples(examples: readonly Example[], options: EncodeOptions): Sequence[] {
  return examples.flatMap((example) => {
    const sequences =
      example.context === '' ? encodeText(example, options) : [encodeAnswer(example, options)];
    for (const { ids } of sequences) checkVocabulary(ids, example, options.vocabularySize);
    return sequences;
  });
}

/** Consecutive windows of the text, every token learned. */
function encodeText({ group, target }: Example, { tokenizer, maxLength }: EncodeOptions) {
  const start = tokenizer.opening ?? [];
  const ids = Array.from(tokenizer.encode(target));
  const room = maxLength - start.length;
  return Array.from({ length: Math.ceil(ids.length / room) }, (_, i) => ({
    group,
    ids: Int32Array.from([...start, ...ids.slice(i * room, (i + 1) * room)]),
    scoredFrom: start.length,
  }));
}

/**
 * Ids of context + target, and how many of them the target is: those after the context's own.
 * Tokenising the two apart would give tokens that never follow one another. Spaces at the context's
 * end belong to the target's first token (lm-evaluation-harness, `_encode_pair`).
 */
export function encodePair(
  tokenizer: TextEncoder,
  context: string,
  target: string,
): { readonly ids: number[]; readonly scored: number } {
  const whole = Array.from(tokenizer.encode(context + target));
  const before = tokenizer.encode(context.trimEnd()).length;
  return {
    ids: [...(tokenizer.opening ?? []), ...whole],
    scored: Math.max(1, whole.length - before),
  };
}

function encodeAnswer({ group, context, target }: Example, options: EncodeOptions): Sequence {
  const pair = encodePair(options.tokenizer, context, target);
  const ids = Int32Array.from(pair.ids.slice(-options.maxLength));
  return { group, ids, scoredFrom: Math.max(0, ids.length - pair.scored) };
}

function checkVocabulary(ids: Int32Array, example: Example, vocabularySize: number): void {
  const bad = ids.find((id) => id < 0 || id >= vocabularySize);
  if (bad === undefined) return;
  throw new KintsugiError(
    'TOKENIZER_INVALID',
    `The tokenizer gives token ${bad} in "${example.group}" ${example.id}, the model has ${vocabularySize}`,
    { next: "Use the model's own tokenizer.json." },
  );
}

/**
 * Takes a share of the facts of every group for validation. A group with a single fact (or a
 * single text) goes to training only, unless there is nothing else to validate on.
 */
export function splitValidation(
  examples: readonly Example[],
  share: number,
  seed: number,
): { readonly train: Example[]; readonly validation: Example[] } {
  const random = createRandom(seed, 'validation');
  const held = new Set<string>();
  const key = ({ group, fact }: Example) => JSON.stringify([group, fact]);
  for (const members of Map.groupBy(examples, (example) => example.group).values()) {
    const facts = random.shuffle([...new Set(members.map(key))]);
    const count = Math.min(facts.length - 1, Math.max(1, Math.round(facts.length * share)));
    for (const fact of facts.slice(0, count)) held.add(fact);
  }
  const isHeld = (example: Example) => held.has(key(example));
  const validation = examples.filter(isHeld);
  return {
    train: examples.filter((example) => !isHeld(example)),
    validation: validation.length > 0 ? validation : [...examples],
  };
}
