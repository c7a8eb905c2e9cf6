import { datasetFiles, findDataset } from '../../data/dataset.ts';
import { invalidData } from '../../data/faults.ts';
import { readRows } from '../../data/rows.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { ScoreOptions, Scorer, Sequence } from '../score.ts';

/** lm-evaluation-harness's `wikitext`: whole pages, cleaned, word for word. */
export const WIKITEXT = 'wikitext';

const DATA = { id: 'EleutherAI/wikitext_document_level', config: 'wikitext-2-raw-v1' };

export interface WikitextMetrics {
  /** exp(−Σ log p / words); words and bytes are counted on the original pages. */
  readonly word_perplexity: number;
  readonly byte_perplexity: number;
  readonly bits_per_byte: number;
  readonly pages: number;
}

/** The pages of the test split. @throws KintsugiError DATA_INVALID */
export async function loadWikitext(root: string, limit: number): Promise<string[]> {
  const folder = await findDataset(root, DATA.id);
  const pages: string[] = [];
  for (const file of await datasetFiles(folder, { config: DATA.config, split: 'test' })) {
    for await (const { place, value } of readRows(file, ['page'])) {
      if (pages.length >= limit) return pages;
      const { page } = value;
      if (typeof page !== 'string')
        throw invalidData(file, 'column "page" is missing or no text', `${place}, page`);
      pages.push(page);
    }
  }
  if (pages.length === 0) throw invalidData(folder, 'has no pages in its split "test"');
  return pages;
}

/** @param room positions of the model that are free for tokens */
export async function measureWikitext(
  scorer: Scorer,
  tokenizer: Tokenizer,
  pages: readonly string[],
  room: number,
  options: ScoreOptions = {},
): Promise<WikitextMetrics> {
  const prefix = tokenizer.bosId ?? tokenizer.eosId ?? 0;
  const sequences = pages.flatMap((page) => {
    const ids = [...tokenizer.opening, ...tokenizer.encode(detokenize(page))];
    return rollingWindows(ids, prefix, room);
  });
  const scores = await scorer.score(sequences, { batch: 4, ...options });
  let nll = 0;
  for (const score of scores) for (const value of score.nll) nll += value;
  const count = (size: (page: string) => number) =>
    pages.reduce((sum, page) => sum + size(page), 0);
  const words = count((page) => page.split(/\s+/).length);
  const bytes = count((page) => Buffer.byteLength(page));
  return {
    word_perplexity: Math.exp(nll / words),
    byte_perplexity: Math.exp(nll / bytes),
    bits_per_byte: nll / bytes / Math.LN2,
    pages: pages.length,
  };
}

/**
 * Every token scored once, each window of `room` tokens opened by the token before it, the first by
 * `prefix`; the last one looks back as far as it can (`get_rolling_token_windows`, context 1).
 */
function rollingWindows(ids: readonly number[], prefix: number, room: number): Sequence[] {
  const all = [prefix, ...ids];
  const windows: Sequence[] = [];
  for (let done = 0; done < ids.length; done += room) {
    const end = Math.min(done + room, ids.length);
    // The last token of a window is scored but not read.
    windows.push({ ids: all.slice(Math.max(0, end - room), end + 1), scored: end - done });
  }
  return windows;
}

/** What wikitext's own tokenisation did to a page, undone (lm-evaluation-harness, wikitext_detokenizer). */
function detokenize(page: string): string {
  return page
    .replaceAll("s '", "s'")
    .replaceAll(/\/' [0-9]\//g, "/'[0-9]/")
    .replaceAll(' @-@ ', '-')
    .replaceAll(' @,@ ', ',')
    .replaceAll(' @.@ ', '.')
    .replaceAll(' : ', ': ')
    .replaceAll(' ; ', '; ')
    .replaceAll(' . ', '. ')
    .replaceAll(' ! ', '! ')
    .replaceAll(' ? ', '? ')
    .replaceAll(' , ', ', ')
    .replaceAll(/\(\s*([^)]*?)\s*\)/g, '($1)')
    .replaceAll(/\[\s*([^\]]*?)\s*\]/g, '[$1]')
    .replaceAll(/{\s*([^}]*?)\s*}/g, '{$1}')
    .replaceAll(/"\s*([^"]*?)\s*"/g, '"$1"')
    .replaceAll(/'\s*([^']*?)\s*'/g, "'$1'")
    .replaceAll('= = = =', '====')
    .replaceAll('= = =', '===')
    .replaceAll('= =', '==')
    .replaceAll(' ° ', '°')
    .replaceAll(' \n', '\n')
    .replaceAll('\n ', '\n')
    .replaceAll(' N ', ' 1 ')
    .replaceAll(" 's", "'s");
}
