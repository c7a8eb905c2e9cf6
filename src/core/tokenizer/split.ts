/** What becomes of the parts of a text that a pattern matches (tokenizers' SplitDelimiterBehavior). */
export type SplitBehaviour =
  | 'Removed'
  | 'Isolated'
  | 'MergedWithPrevious'
  | 'MergedWithNext'
  | 'Contiguous';

interface Part {
  readonly text: string;
  readonly matched: boolean;
}

/**
 * Cuts a text at the matches of a global pattern; `invert` takes what lies between them for the
 * matches. Empty pieces are left out.
 */
export function splitText(
  text: string,
  pattern: RegExp,
  behaviour: SplitBehaviour,
  invert = false,
): string[] {
  const parts = cut(text, pattern).map((part) => ({ ...part, matched: part.matched !== invert }));
  switch (behaviour) {
    case 'Removed':
      return parts.filter(({ matched }) => !matched).map((part) => part.text);
    case 'Isolated':
      return parts.map((part) => part.text);
    case 'Contiguous':
      return joined(parts, (part, before) => part.matched === before.matched);
    case 'MergedWithPrevious':
      return joined(parts, (part, before) => part.matched && !before.matched);
    case 'MergedWithNext':
      return joined(parts, (part, before) => before.matched && !part.matched);
  }
}

function cut(text: string, pattern: RegExp): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > done) parts.push({ text: text.slice(done, index), matched: false });
    if (match !== '') parts.push({ text: match, matched: true });
    done = index + match.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), matched: false });
  return parts;
}

/** Joins a part to the one before it where `joins` says so of the two as they were cut. */
function joined(parts: readonly Part[], joins: (part: Part, before: Part) => boolean): string[] {
  const pieces: string[] = [];
  parts.forEach((part, i) => {
    const before = parts[i - 1];
    if (before && joins(part, before)) pieces[pieces.length - 1] += part.text;
    else pieces.push(part.text);
  });
  return pieces;
}
