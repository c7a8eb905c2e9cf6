import type { Random } from '../../src/core/random.ts';

/** Deals every item once before any item again, in a new order each time round. */
export interface Deck<T> {
  deal(): T;
}

export function createDeck<T>(random: Random, fill: () => T[]): Deck<T> {
  let cards: T[] = [];
  return {
    deal() {
      if (cards.length === 0) cards = random.shuffle(fill());
      return cards.pop()!;
    },
  };
}
