/** What an incomplete UTF-8 sequence decodes to. */
const INCOMPLETE = /\uFFFD+$/;

export interface DecodeStream {
  /** The text that this id completes; empty while a character is still missing bytes. */
  push(id: number): string;
  /** The text still held back: bytes that never became a character. */
  end(): string;
}

/**
 * Decodes ids one by one so that the pieces together are what `decode` makes of all ids. Only the
 * last whole piece is decoded again, because some decoders treat the first token in a special way.
 */
export function createDecodeStream(decode: (ids: readonly number[]) => string): DecodeStream {
  let context: number[] = [];
  let pending: number[] = [];
  /** Characters of the pending ids' text already returned. */
  let returned = 0;

  const pendingText = () => decode([...context, ...pending]).slice(decode(context).length);
  const take = (text: string): string => {
    const fresh = text.slice(returned);
    returned = Math.max(returned, text.length);
    return fresh;
  };

  return {
    push(id) {
      pending.push(id);
      const text = pendingText();
      if (INCOMPLETE.test(text)) return take(text.replace(INCOMPLETE, ''));
      const fresh = take(text);
      // A special token alone has no text: what comes before it stays the context.
      if (text !== '') [context, pending, returned] = [pending, [], 0];
      return fresh;
    },
    end() {
      const rest = take(pendingText());
      [context, pending, returned] = [[], [], 0];
      return rest;
    },
  };
}
