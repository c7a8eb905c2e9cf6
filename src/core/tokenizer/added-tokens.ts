/** A token that is found in the text before anything else is done to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Only where it does not touch a letter, digit or underscore. */
  readonly single_word?: boolean;
  /** Swallows the white space before it. */
  readonly lstrip?: boolean;
  /** Swallows the white space after it. */
  readonly rstrip?: boolean;
  /** Is looked for in the normalised text. */
  readonly normalized?: boolean;
  readonly special?: boolean;
}

/** A piece of a text: an added token, or what lies between two of them. */
export type Section =
  | { readonly id: number }
  | { readonly text: string /** Offset in the text that was cut. */; readonly start: number };

const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]/u;
const SPACE = /\p{White_Space}/u;

/**
 * Cuts texts at tokens as tokenizers' AddedVocabulary does: leftmost first, of those the longest.
 * A token that may not stand where it was found is passed over, and nothing else is looked for inside.
 */
export function createTokenCutter(
  tokens: readonly { readonly token: AddedToken; readonly content: string }[],
): (text: string) => Section[] {
  const root = buildTrie(tokens);
  return (text) => cut(text, root);
}

interface Node {
  readonly next: Map<string, Node>;
  token?: AddedToken;
}

function buildTrie(
  tokens: readonly { readonly token: AddedToken; readonly content: string }[],
): Node {
  const root: Node = { next: new Map() };
  for (const { token, content } of tokens) {
    let node = root;
    for (const unit of content.split('')) {
      const next: Node = node.next.get(unit) ?? { next: new Map() };
      node.next.set(unit, next);
      node = next;
    }
    if (node !== root) node.token ??= token;
  }
  return root;
}

/** End and token of the longest match at a place. */
function longestAt(text: string, at: number, root: Node) {
  let found: { readonly end: number; readonly token: AddedToken } | undefined;
  let node: Node | undefined = root;
  for (let end = at; end < text.length && node; end++) {
    node = node.next.get(text[end]!);
    if (node?.token) found = { end: end + 1, token: node.token };
  }
  return found;
}

function cut(text: string, root: Node): Section[] {
  const sections: Section[] = [];
  let done = 0;
  const flush = (end: number) => {
    if (done < end) sections.push({ text: text.slice(done, end), start: done });
  };
  for (let at = 0; at < text.length; ) {
    const match = longestAt(text, at, root);
    if (!match) {
      at++;
      continue;
    }
    const { token } = match;
    if (!token.single_word || standsAlone(text, at, match.end)) {
      flush(token.lstrip ? Math.max(skipSpace(text, at, -1), done) : at);
      sections.push({ id: token.id });
      done = token.rstrip ? skipSpace(text, match.end, 1) : match.end;
    }
    at = match.end;
  }
  flush(text.length);
  return sections;
}

/** The far end of the white space on one side of a place; all white space is one UTF-16 unit. */
function skipSpace(text: string, from: number, step: 1 | -1): number {
  let at = from;
  while (SPACE.test(text[step > 0 ? at : at - 1] ?? '')) at += step;
  return at;
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '';
  const after = end < text.length ? String.fromCodePoint(text.codePointAt(end)!) : '';
  return !WORD.test(before) && !WORD.test(after);
}
