import type { Recipe } from '../../shared/recipe.ts';

type Tuning = Recipe['tuning'];

export const FURTHER_RANKS = [1, 2, 4, 8, 16, 32, 64] as const;

/** A bank by something else; how many prompts it has stays, as far as it can. */
export function withBankBy(tuning: Tuning, by: Tuning['bank']['by'], families: number): Tuning {
  const { bank } = tuning;
  const given = bank.count === 'auto' && by !== 'clusters' ? families : bank.count;
  const count = by === 'family' && given !== 'auto' ? Math.min(given, families) : given;
  return { ...tuning, bank: { ...bank, by, count } };
}

/** Text has no tasks to make families of, so its bank is by clusters. */
export function withTuningData(tuning: Tuning, data: Tuning['data']): Tuning {
  const { bank } = tuning;
  const by = data !== 'tasks' && bank.by === 'family' ? 'clusters' : bank.by;
  return { ...tuning, data, bank: { ...bank, by } };
}

/** Every adapter of a run has a rank of its own. */
export function withRank(tuning: Tuning, rank: number): Tuning {
  const furtherLoras = tuning.furtherLoras.filter((further) => further.rank !== rank);
  return { ...tuning, lora: { ...tuning.lora, rank }, furtherLoras };
}

/** Further adapters are the first one's likes, with alpha in proportion to their rank. */
export function withFurtherRanks(tuning: Tuning, ranks: readonly number[]): Tuning {
  const { lora, furtherLoras } = tuning;
  const adapters = ranks
    .toSorted((a, b) => a - b)
    .map((rank) => {
      const kept = furtherLoras.find((further) => further.rank === rank);
      return kept ?? { ...lora, rank, alpha: (lora.alpha * rank) / lora.rank };
    });
  return { ...tuning, furtherLoras: adapters };
}
