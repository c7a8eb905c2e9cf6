import { KintsugiError } from '../../shared/errors.ts';
import { MOST_CLUSTERS } from '../../shared/recipe.ts';
import { meanEmbeddings } from './embeddings.ts';
import { kMeans } from './kmeans.ts';
import type { PromptOptions } from './prompt.ts';
import { bestClusterCount } from './silhouette.ts';
import type { Subject, TuneData } from './tune.ts';
import type { Example } from './types.ts';

/** How the prompts of a bank come to differ. */
export interface BankSplit {
  /**
   * `family`: whole groups (tasks, files) stay together; `clusters`: inputs that look alike do.
   * `length` and `seeds` share nothing out: every prompt reads all the data, and they differ in
   * their number of tokens (each half of the next), or in where they start.
   */
  readonly by: 'family' | 'clusters' | 'length' | 'seeds';
  /** `auto` takes the number of clusters with the best silhouette. */
  readonly count: number | 'auto';
  /** Steps of one prompt on all the data first, from which every prompt goes on; none by default. */
  readonly warmStart?: number;
}

/** One prompt's part of the data, and what it is tuned with. */
export interface Share {
  readonly name: string;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly tokens: number;
  readonly seed: number;
}

/** Shares training and validation examples out by the same rule. @throws ARGUMENT_INVALID */
export async function shareData(
  subject: Subject,
  { examples, validation = [] }: TuneData,
  { by, count, warmStart = 0 }: BankSplit,
  { tokens, seed }: Pick<PromptOptions, 'tokens' | 'seed'>,
): Promise<Share[]> {
  if (count === 'auto' && by !== 'clusters')
    throw invalidCount(
      `Only a bank by clusters can find its number of prompts; this is by ${by}`,
      1,
    );
  if (by === 'length' || by === 'seeds') {
    if (warmStart > 0)
      throw new KintsugiError(
        'ARGUMENT_INVALID',
        `Prompts by ${by} read the same data, and would not differ if they went on from one prompt`,
        { field: 'bank.warmStart', next: 'Share the data out by family or clusters.' },
      );
    const variants =
      by === 'length' ? byLength(tokens, Number(count), seed) : bySeed(tokens, Number(count), seed);
    return variants.map((variant) => ({ ...variant, train: examples, validation }));
  }
  const all = [...examples, ...validation];
  const keys =
    by === 'family' ? familyOf(all, Number(count)) : await clusterOf(subject, all, count, seed);
  const names = [...new Set(keys)].toSorted();
  const member = (items: readonly Example[], offset: number, name: string) =>
    items.filter((_, i) => keys[i + offset] === name);
  const shares = names.map((name) => ({
    name,
    train: member(examples, 0, name),
    validation: member(validation, examples.length, name),
    tokens,
    seed,
  }));
  return shares.filter(({ train }) => train.length > 0);
}

/** The longest has `tokens`, and each before it half as many. */
function byLength(tokens: number, count: number, seed: number) {
  const most = Math.floor(Math.log2(tokens)) + 1;
  if (count > most)
    throw invalidCount(
      `${tokens} tokens can be halved for ${most} prompts, not for ${count}`,
      most,
    );
  return Array.from({ length: count }, (_, i) => {
    const length = Math.round(tokens / 2 ** (count - 1 - i));
    return { name: `${length} tokens`, tokens: length, seed };
  });
}

/** The first is the seed's own; further ones are far from other seeds that a person would give. */
const bySeed = (tokens: number, count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: `seed-${i + 1}`,
    tokens,
    seed: seed + 1_000_003 * i,
  }));

const invalidCount = (message: string, most: number): KintsugiError =>
  new KintsugiError('ARGUMENT_INVALID', message, {
    field: 'bank.count',
    next: `Use at most ${most}, or share the data out in another way.`,
  });

/** Groups in order of first appearance, merged with their neighbours into `count` even families. */
function familyOf(examples: readonly Example[], count: number): string[] {
  const groups = [...new Set(examples.map(({ group }) => group))];
  if (groups.length < count)
    throw invalidCount(
      `A bank of ${count} prompts by family needs ${count} tasks or files, there are ${groups.length}`,
      groups.length,
    );
  const family = (group: string) => Math.floor((groups.indexOf(group) * count) / groups.length);
  const names = Map.groupBy(groups, family);
  return examples.map(({ group }) => names.get(family(group))!.join('+'));
}

/** k-means over the mean input embedding of what is read: the context, or a plain text itself. */
async function clusterOf(
  subject: Subject,
  examples: readonly Example[],
  count: number | 'auto',
  seed: number,
): Promise<string[]> {
  const texts = examples.map(({ context, target }) => context || target);
  const most = new Set(texts).size;
  if (count !== 'auto' && count > most)
    throw invalidCount(`${count} clusters need as many different inputs, there are ${most}`, most);
  const { engine, model, tokenizer } = subject;
  const read = texts.map((text) => tokenizer.encode(text));
  const means = await meanEmbeddings(engine, model, read);
  const width = model.config.embeddingSize;
  const k = count === 'auto' ? bestClusterCount(means, width, MOST_CLUSTERS, seed) : count;
  return kMeans(means, width, k, seed).map((cluster) => `cluster-${cluster + 1}`);
}
