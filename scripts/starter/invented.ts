import type { Random } from '../../src/core/random.ts';
import type { Fact, Knowledge, RelationData } from './facts.ts';
import { makeFact, makeRelation, readData } from './facts.ts';

/** Where an invented answer is drawn from, each value equally likely. */
type Answers =
  | { readonly list: readonly string[] }
  | { readonly years: readonly [number, number] }
  | { readonly made: 'towns' | 'people' };

type InventedRelation = RelationData & { readonly answers: Answers };

interface PeopleData {
  readonly family: string;
  readonly first: readonly string[];
  readonly lastStart: readonly string[];
  readonly lastEnd: readonly string[];
  readonly relations: readonly InventedRelation[];
}

interface TownsData {
  readonly family: string;
  readonly start: readonly string[];
  readonly end: readonly string[];
  readonly relations: readonly InventedRelation[];
}

interface Invented extends Knowledge {
  /** Bits needed to write down every answer: Σ log2(choices). Names come on top. */
  readonly bits: number;
}

/** Few enough that a last name recurs (and becomes a token), so that only the pair names a person. */
const LAST_NAMES = 300;

/** Invented people and towns with attributes drawn uniformly: knowledge that nothing but memory can supply. */
export function invent(random: Random, counts: { people: number; places: number }): Invented {
  const people = readData('people.json') as PeopleData;
  const towns = readData('towns.json') as TownsData;
  const names = {
    people: personNames(random, people, counts.people),
    towns: take(random, joinAll(towns.start, towns.end), counts.places),
  };
  const parts = [
    attributes(random, people, names.people, names),
    attributes(random, towns, names.towns, names),
  ];
  return {
    relations: parts.flatMap((part) => part.relations),
    facts: parts.flatMap((part) => part.facts),
    bits: parts.reduce((sum, part) => sum + part.bits, 0),
  };
}

function attributes(
  random: Random,
  data: { family: string; relations: readonly InventedRelation[] },
  subjects: readonly string[],
  names: { people: readonly string[]; towns: readonly string[] },
): Invented {
  const relations = data.relations.map((relation) => makeRelation(data.family, relation));
  const facts: Fact[] = [];
  let bits = 0;
  for (const [i, { answers }] of data.relations.entries()) {
    const choices = choicesOf(answers, names);
    for (const subject of subjects) {
      const others = choices.filter((choice) => choice !== subject);
      facts.push(
        makeFact(relations[i]!, `${data.family}/${subject}`, subject, random.pick(others)),
      );
      bits += Math.log2(others.length);
    }
  }
  return { relations, facts, bits };
}

function choicesOf(
  answers: Answers,
  names: { people: readonly string[]; towns: readonly string[] },
): readonly string[] {
  if ('list' in answers) return answers.list;
  if ('made' in answers) return names[answers.made];
  const [from, to] = answers.years;
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);
}

function personNames(random: Random, data: PeopleData, count: number): string[] {
  const last = take(random, joinAll(data.lastStart, data.lastEnd), LAST_NAMES);
  const pairs = data.first.flatMap((first) => last.map((name) => `${first} ${name}`));
  return take(random, pairs, count);
}

function joinAll(starts: readonly string[], ends: readonly string[]): string[] {
  return starts.flatMap((start) => ends.map((end) => start + end));
}

function take(random: Random, items: string[], count: number): string[] {
  if (count > items.length) throw new RangeError(`only ${items.length} names for ${count}`);
  return random.shuffle(items).slice(0, count);
}
