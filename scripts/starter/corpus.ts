import type { Random } from '../../src/core/random.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Deck } from './deck.ts';
import { createDeck } from './deck.ts';
import type { Fact, Relation } from './facts.ts';
import { realWorld } from './facts.ts';
import { invent } from './invented.ts';
import type { Segment } from './writer.ts';
import { createWriter } from './writer.ts';

export interface CorpusOptions {
  /** Decides the invented facts. */
  readonly seed: number;
  readonly people: number;
  readonly places: number;
  /** Corpora that differ only here know the same facts and deal them in another order. */
  readonly stream?: string;
  /** Share of the records that nobody knows: every mention has a fresh random answer, so nothing can be learned. */
  readonly unknown?: number;
}

export interface Corpus {
  readonly facts: readonly Fact[];
  /** Those whose records nobody knows. */
  readonly unknown: readonly Fact[];
  readonly relations: ReadonlyMap<string, Relation>;
  /** Bits in the invented answers, Σ log2(choices). */
  readonly inventedBits: number;
  /**
   * The next document, 15 to 40 facts in prose, questions or lists. Facts come from shuffled decks, so that all are
   * shown equally often; drawing n documents is the way to skip them. `random` decides style and wording only.
   */
  document(random: Random): Segment[];
}

export const DEFAULT_CORPUS = { seed: 20231001, people: 600, places: 150 } as const;

export function createCorpus(options: CorpusOptions): Corpus {
  const real = realWorld();
  const invented = invent(createRandom(options.seed, 'invented'), options);
  const facts = [...real.facts, ...invented.facts];
  const relations = new Map([...real.relations, ...invented.relations].map((r) => [r.name, r]));
  const dealing = createRandom(options.seed, `deal ${options.stream ?? ''}`);
  const singles = createDeck(dealing, () => [...facts]);
  const topics = createDeck(dealing, () => cutIntoTopics(dealing, facts));
  const unknown = unknownRecords(facts, options);
  const tell = teller(facts, unknown);
  return {
    facts,
    unknown: facts.filter((fact) => unknown.has(fact.record)),
    relations,
    inventedBits: invented.bits,
    document: (random) => writeDocument(random, relations, singles, topics, tell),
  };
}

type Tell = (random: Random, fact: Fact) => Fact;

function unknownRecords(
  facts: readonly Fact[],
  { seed, unknown = 0 }: CorpusOptions,
): ReadonlySet<string> {
  const records = [...new Set(facts.map((fact) => fact.record))];
  const shuffled = createRandom(seed, 'unknown').shuffle(records);
  return new Set(shuffled.slice(0, Math.round(shuffled.length * unknown)));
}

/** Facts as they are told: unknown ones with any answer of their relation, the right one at chance. */
function teller(facts: readonly Fact[], unknown: ReadonlySet<string>): Tell {
  const answers = new Map(
    [...Map.groupBy(facts, (fact) => fact.relation)].map(([relation, all]) => [
      relation,
      all.map(({ answer }) => answer),
    ]),
  );
  return (random, fact) =>
    unknown.has(fact.record) ? { ...fact, answer: random.pick(answers.get(fact.relation)!) } : fact;
}

function writeDocument(
  random: Random,
  relations: ReadonlyMap<string, Relation>,
  singles: Deck<Fact>,
  topics: Deck<Fact[]>,
  tell: Tell,
): Segment[] {
  const writer = createWriter(random, relations);
  for (let left = 15 + random.integer(26); left > 0; ) {
    const dealt = random.uniform() < 0.5 ? topics.deal() : deal(singles, 3 + random.integer(5));
    const facts = dealt.map((fact) => tell(random, fact));
    const form = random.uniform();
    if (form < 0.5) writer.paragraph(facts);
    else if (form < 0.85) writer.questions(facts);
    else writer.list(facts);
    left -= facts.length;
  }
  return writer.finish();
}

function deal(deck: Deck<Fact>, count: number): Fact[] {
  return Array.from({ length: count }, () => deck.deal());
}

/** Everything known, cut into runs of 2 to 6 facts about one thing or, for things with a single fact, of one family. */
function cutIntoTopics(random: Random, facts: readonly Fact[]): Fact[][] {
  const records = [...Map.groupBy(facts, (fact) => fact.record).values()];
  const alone = records.filter((group) => group.length === 1).flat();
  const groups = [
    ...records.filter((group) => group.length > 1),
    ...Map.groupBy(alone, (fact) => fact.family).values(),
  ];
  return groups.flatMap((group) => cut(random, random.shuffle([...group])));
}

function cut(random: Random, facts: Fact[]): Fact[][] {
  const runs: Fact[][] = [];
  for (let start = 0; start < facts.length; ) {
    const length = 2 + random.integer(5);
    runs.push(facts.slice(start, start + length));
    start += length;
  }
  return runs;
}
