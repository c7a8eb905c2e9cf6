import type { Random } from '../../src/core/random.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Corpus } from './corpus.ts';
import type { Fact, Phrasings } from './facts.ts';
import { askQuestion, fillStatement } from './writer.ts';

interface TaskPlan {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'choice' | 'cloze';
  readonly relations: readonly string[];
}

interface Item {
  readonly id: string;
  readonly fact: string;
  readonly context: string;
}

/** Scored as " " + choice after the context; `answer` is the index of the right one. */
interface ChoiceItem extends Item {
  readonly choices: readonly string[];
  readonly answer: number;
}

/** Right when greedy decoding continues the context with " " + an answer. */
interface ClozeItem extends Item {
  readonly answers: readonly string[];
}

interface StarterTask extends Omit<TaskPlan, 'relations'> {
  readonly train: readonly (ChoiceItem | ClozeItem)[];
  readonly heldout: readonly (ChoiceItem | ClozeItem)[];
}

const PLANS: readonly TaskPlan[] = [
  {
    name: 'capitals',
    title: 'Capitals',
    description:
      'Which city is the capital of a country, and of which country a city is the capital.',
    kind: 'cloze',
    relations: ['capital', 'capital_of'],
  },
  {
    name: 'currencies',
    title: 'Currencies and languages',
    description: 'What people in a country pay with and speak.',
    kind: 'choice',
    relations: ['currency', 'language'],
  },
  {
    name: 'elements',
    title: 'Chemical elements',
    description: 'Symbols and atomic numbers of the elements.',
    kind: 'cloze',
    relations: ['symbol', 'element', 'atomic_number'],
  },
  {
    name: 'animals',
    title: 'Animals',
    description: 'Classes, young, sounds, homes and groups of animals.',
    kind: 'choice',
    relations: ['class', 'young', 'sound', 'habitat', 'group'],
  },
  {
    name: 'words',
    title: 'Words',
    description: 'Opposites, plurals and past tenses.',
    kind: 'cloze',
    relations: ['opposite', 'plural', 'past_tense'],
  },
  {
    name: 'works',
    title: 'Works and their makers',
    description: 'Authors, painters, composers and pioneers.',
    kind: 'choice',
    relations: ['author', 'painter', 'composer', 'pioneer'],
  },
  {
    name: 'people_home',
    title: 'People: where from',
    description: 'Where invented people were born and where they live.',
    kind: 'choice',
    relations: ['birthplace', 'home'],
  },
  {
    name: 'people_life',
    title: 'People: what they do',
    description: 'Jobs, studies and instruments of invented people.',
    kind: 'cloze',
    relations: ['work', 'study', 'instrument'],
  },
  {
    name: 'towns',
    title: 'Towns',
    description: 'Regions, rivers and goods of invented towns.',
    kind: 'choice',
    relations: ['region', 'river', 'known_for'],
  },
];

/** Held-out questions, one per fact. */
const MOST_HELDOUT = 120;
/** Facts to tune on, each in several wordings: with one, a prompt learns the wording. */
const MOST_TRAIN = 240;
const TRAIN_WORDINGS = 3;
const CHOICES = 4;

/** The nine tasks. Records are split once for all tasks, so a held-out thing is in no task's training items. */
export function createTasks(corpus: Corpus, seed: number): StarterTask[] {
  const heldout = heldoutRecords(corpus.facts, createRandom(seed, 'split'));
  return PLANS.map(({ relations, ...head }) => {
    const random = createRandom(seed, `task ${head.name}`);
    const write = (fact: Fact, id: string, phrasings: Phrasings) =>
      head.kind === 'choice'
        ? choiceItem(random, corpus.facts, fact, id, phrasings)
        : clozeItem(random, fact, id, phrasings);
    const facts = random.shuffle(corpus.facts.filter((fact) => relations.includes(fact.relation)));
    const test = facts.filter((fact) => heldout.has(fact.record)).slice(0, MOST_HELDOUT);
    const train = facts.filter((fact) => !heldout.has(fact.record)).slice(0, MOST_TRAIN);
    const relationOf = (fact: Fact) => corpus.relations.get(fact.relation)!;
    return {
      ...head,
      heldout: test.map((fact, i) => write(fact, `heldout-${i}`, relationOf(fact).heldout)),
      train: train.flatMap((fact, i) =>
        distinct(
          Array.from({ length: TRAIN_WORDINGS }, (_, wording) =>
            write(fact, `train-${i}.${wording}`, relationOf(fact)),
          ),
        ),
      ),
    };
  });
}

/** Wordings are drawn, so some come twice. */
function distinct<T extends Item>(items: readonly T[]): T[] {
  return items.filter((item, i) => items.findIndex((x) => x.context === item.context) === i);
}

/** Half of the records of every family. */
function heldoutRecords(facts: readonly Fact[], random: Random): Set<string> {
  const families = Map.groupBy(facts, (fact) => fact.family);
  return new Set(
    [...families.values()].flatMap((family) => {
      const records = random.shuffle([...new Set(family.map((fact) => fact.record))]);
      return records.slice(0, records.length / 2);
    }),
  );
}

function contextOf(random: Random, fact: Fact, { statements, questions }: Phrasings): string {
  return random.uniform() < 0.5
    ? askQuestion(random.pick(questions), fact.subject)
    : fillStatement(random.pick(statements), fact.subject);
}

function clozeItem(random: Random, fact: Fact, id: string, phrasings: Phrasings): ClozeItem {
  return { id, fact: fact.id, context: contextOf(random, fact, phrasings), answers: [fact.answer] };
}

/** Distractors are other answers of the same relation. */
function choiceItem(
  random: Random,
  facts: readonly Fact[],
  fact: Fact,
  id: string,
  phrasings: Phrasings,
): ChoiceItem {
  const same = facts
    .filter((other) => other.relation === fact.relation)
    .map(({ answer }) => answer);
  const others = [...new Set(same)].filter((answer) => answer !== fact.answer);
  const distractors = random.shuffle(others).slice(0, CHOICES - 1);
  const choices = random.shuffle([fact.answer, ...distractors]);
  const answer = choices.indexOf(fact.answer);
  return { id, fact: fact.id, context: contextOf(random, fact, phrasings), choices, answer };
}
