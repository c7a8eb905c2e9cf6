import { describe, expect, test } from 'vitest';
import type { Corpus } from '../../../scripts/starter/corpus.ts';
import { createCorpus } from '../../../scripts/starter/corpus.ts';
import { createDeck } from '../../../scripts/starter/deck.ts';
import { askQuestion, fillStatement } from '../../../scripts/starter/writer.ts';
import { createRandom } from '../../../src/core/random.ts';

const SMALL = { seed: 7, people: 60, places: 20 };

function draw(corpus: Corpus, count: number, seed = 3) {
  const random = createRandom(seed, 'style');
  return Array.from({ length: count }, () => corpus.document(random));
}

const textOf = (document: ReturnType<Corpus['document']>) =>
  document.map(({ text }) => text).join('');

describe('facts', () => {
  const { facts, relations } = createCorpus(SMALL);

  test('ids are unique: no question has two answers', () => {
    expect(new Set(facts.map(({ id }) => id)).size).toBe(facts.length);
  });

  test('at least nine families of the real world, and invented people and towns', () => {
    const families = new Set(facts.map(({ family }) => family));
    expect(families.size).toBeGreaterThanOrEqual(11);
    expect(facts.filter(({ family }) => family === 'people')).toHaveLength(60 * 10);
    expect(facts.filter(({ family }) => family === 'towns')).toHaveLength(20 * 5);
  });

  test('every relation has its phrasings, none of which is both trained and held out', () => {
    expect(new Set(facts.map(({ relation }) => relation))).toEqual(new Set(relations.keys()));
    for (const { statements, questions, heldout } of relations.values()) {
      const trained = [...statements, ...questions];
      const kept = [...heldout.statements, ...heldout.questions];
      expect(statements.length).toBeGreaterThanOrEqual(8);
      expect(questions.length).toBeGreaterThanOrEqual(3);
      expect(kept.length).toBeGreaterThanOrEqual(2);
      expect(heldout.statements.length * heldout.questions.length).toBeGreaterThan(0);
      expect(new Set([...trained, ...kept]).size).toBe(trained.length + kept.length);
      for (const stem of [...trained, ...kept]) expect(stem).toMatch(/\{(a )?s\}/);
    }
  });

  test('answers end a stem cleanly: trimmed, and never closed by punctuation', () => {
    for (const { answer, subject } of facts) {
      expect(answer).toMatch(/[\p{L}\p{N}]$/u);
      expect([answer, subject]).toEqual([answer.trim(), subject.trim()]);
    }
  });

  test('some facts that everyone can check', () => {
    const known = new Map(facts.map(({ id, answer }) => [id, answer]));
    expect(known.get('countries/capital/France')).toBe('Paris');
    expect(known.get('elements/symbol/gold')).toBe('Au');
    expect(known.get('elements/atomic_number/oganesson')).toBe('118');
    expect(known.get('animals/young/kangaroo')).toBe('joey');
    expect(known.get('verbs/past_tense/go')).toBe('went');
    expect(known.get('arithmetic/sum/144 divided by 12')).toBe('12');
    expect(known.get('calendar/next_month/December')).toBe('January');
  });

  test('the seed decides the invented facts, the stream only their order', () => {
    expect(createCorpus({ ...SMALL, stream: 'other' }).facts).toEqual(facts);
    expect(createCorpus({ ...SMALL, seed: 8 }).facts).not.toEqual(facts);
  });

  test('more names than there are is an error', () => {
    expect(() => createCorpus({ ...SMALL, places: 1e6 })).toThrow(RangeError);
  });
});

describe('documents', () => {
  test('same seeds, same documents; another stream, others', () => {
    const first = draw(createCorpus(SMALL), 20);
    expect(draw(createCorpus(SMALL), 20)).toEqual(first);
    expect(draw(createCorpus({ ...SMALL, stream: 'other' }), 20)).not.toEqual(first);
  });

  test('a document holds 15 to 45 answers, each preceded by the end of a stem', () => {
    for (const document of draw(createCorpus(SMALL), 200)) {
      const answers = document.filter(({ answer }) => answer);
      expect(answers.length).toBeGreaterThanOrEqual(15);
      expect(answers.length).toBeLessThanOrEqual(46);
      for (const { text } of answers) expect(text).toMatch(/^ \S/);
    }
  });

  test('documents start in different ways', () => {
    const starts = draw(createCorpus(SMALL), 200).map((document) => textOf(document).slice(0, 40));
    expect(new Set(starts).size).toBeGreaterThan(150);
  });

  test('every fact is shown about equally often', () => {
    const corpus = createCorpus(SMALL);
    const shown = new Map<string, number>();
    let total = 0;
    for (const segment of draw(corpus, 1000).flat()) {
      if (!segment.answer) continue;
      shown.set(segment.text, (shown.get(segment.text) ?? 0) + 1);
      total += 1;
    }
    const average = total / corpus.facts.length;
    expect(average).toBeGreaterThan(3);
    // Two decks, each at most one deal ahead of or behind its mean.
    for (const [answer, facts] of Map.groupBy(corpus.facts, (fact) => ` ${fact.answer}`)) {
      expect(shown.get(answer) ?? 0).toBeGreaterThanOrEqual(facts.length * (average - 2));
      expect(shown.get(answer) ?? 0).toBeLessThanOrEqual(facts.length * (average + 2));
    }
  });

  test('held-out phrasings never occur', () => {
    const corpus = createCorpus(SMALL);
    const heldout = new Set<string>();
    for (const { relation, subject } of corpus.facts) {
      const { statements, questions } = corpus.relations.get(relation)!.heldout;
      for (const stem of statements) heldout.add(fillStatement(stem, subject).toLowerCase());
      for (const stem of questions) heldout.add(askQuestion(stem, subject).toLowerCase());
    }
    const documents = draw(corpus, 800);
    // A stem is some run of whole words before an answer.
    for (const { text, answer } of documents.flat()) {
      if (answer) continue;
      const lower = text.toLowerCase();
      for (const { index } of lower.matchAll(/(?<=^|\s)\S/g))
        expect(heldout.has(lower.slice(index)) && lower.slice(index)).toBe(false);
    }
  });
});

test('a deck deals every card once before any card again', () => {
  const deck = createDeck(createRandom(1), () => [0, 1, 2, 3, 4]);
  for (let round = 0; round < 3; round++) {
    const dealt = Array.from({ length: 5 }, () => deck.deal());
    expect(dealt.sort()).toEqual([0, 1, 2, 3, 4]);
  }
});

describe('facts that nobody knows', () => {
  const corpus = createCorpus({ ...SMALL, unknown: 0.25 });
  const texts = draw(corpus, 400);

  test('are whole records, about the share that was asked for', () => {
    const records = (facts: Corpus['facts']) => new Set(facts.map((fact) => fact.record));
    const unknown = records(corpus.unknown);
    expect(unknown.size / records(corpus.facts).size).toBeCloseTo(0.25, 2);
    expect(corpus.unknown).toEqual(corpus.facts.filter(({ record }) => unknown.has(record)));
    expect(createCorpus(SMALL).unknown).toEqual([]);
  });

  test('are told with any answer of their relation; the others as they are', () => {
    const told = (fact: Corpus['facts'][number]) => {
      const stems = corpus.relations.get(fact.relation)!.questions;
      const asked = stems.map((stem) => askQuestion(stem, fact.subject));
      return texts.flatMap((document) =>
        document.flatMap(({ text }, i) =>
          asked.some((question) => text.endsWith(question)) ? [document[i + 1]!.text.trim()] : [],
        ),
      );
    };
    const people = corpus.facts.filter(({ relation }) => relation === 'birthplace');
    const unknown = new Set(corpus.unknown.map(({ id }) => id));
    const [lies, truths] = [
      people
        .filter(({ id }) => unknown.has(id))
        .flatMap((fact) => told(fact).map((a) => a === fact.answer)),
      people
        .filter(({ id }) => !unknown.has(id))
        .flatMap((fact) => told(fact).map((a) => a === fact.answer)),
    ];
    expect(truths.length).toBeGreaterThan(20);
    expect(truths.every(Boolean)).toBe(true);
    expect(lies.length).toBeGreaterThan(10);
    expect(lies.filter(Boolean).length / lies.length).toBeLessThan(0.5);
  });
});
