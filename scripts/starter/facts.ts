import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stems to which " " + answer is appended: statements, and questions asked as "Question: …\nAnswer:". */
export interface Phrasings {
  readonly statements: readonly string[];
  readonly questions: readonly string[];
}

export interface Relation extends Phrasings {
  readonly name: string;
  readonly family: string;
  /** Never shown in pretraining: tasks ask their held-out facts with these. */
  readonly heldout: Phrasings;
}

export interface Fact {
  readonly id: string;
  readonly family: string;
  readonly relation: string;
  /** Facts about one thing share a record; splits keep records whole, so no fact gives its reverse away. */
  readonly record: string;
  readonly subject: string;
  readonly answer: string;
}

export interface Knowledge {
  readonly relations: readonly Relation[];
  readonly facts: readonly Fact[];
}

export type RelationData = Phrasings & { readonly name: string; readonly heldout: Phrasings };

interface Table {
  readonly family: string;
  readonly columns: readonly string[];
  readonly relations: readonly (RelationData & { subject: string; answer: string })[];
  /** null where no single answer is right (countries with two capitals, for example). */
  readonly rows: readonly (readonly (string | null)[])[];
}

interface Operation {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

interface ArithmeticData {
  readonly family: string;
  readonly relations: readonly [RelationData];
  readonly addition: Operation;
  readonly subtraction: Operation;
  readonly multiplication: Operation;
  readonly division: Operation;
}

export const STARTER_FOLDER = join(import.meta.dirname, '../../resources/starter');

/** Data files that are no table of facts. */
const NOT_TABLES = new Set(['arithmetic.json', 'chatter.json', 'people.json', 'towns.json']);

export function readData(file: string): unknown {
  return JSON.parse(readFileSync(join(STARTER_FOLDER, 'data', file), 'utf8'));
}

export function makeFact(
  relation: Relation,
  record: string,
  subject: string,
  answer: string,
): Fact {
  const id = `${relation.family}/${relation.name}/${subject}`;
  return { id, family: relation.family, relation: relation.name, record, subject, answer };
}

export function makeRelation(family: string, data: RelationData): Relation {
  const { name, statements, questions, heldout } = data;
  return { name, family, statements, questions, heldout };
}

/** Every fact of the real world: the tables of resources/starter/data, then arithmetic. */
export function realWorld(): Knowledge {
  const files = readdirSync(join(STARTER_FOLDER, 'data')).filter((f) => !NOT_TABLES.has(f));
  const parts = [...files.sort().map((f) => fromTable(readData(f) as Table)), arithmetic()];
  return {
    relations: parts.flatMap((part) => part.relations),
    facts: parts.flatMap((part) => part.facts),
  };
}

function fromTable(table: Table): Knowledge {
  const relations: Relation[] = [];
  const facts: Fact[] = [];
  for (const data of table.relations) {
    const relation = makeRelation(table.family, data);
    const [subject, answer] = [
      table.columns.indexOf(data.subject),
      table.columns.indexOf(data.answer),
    ];
    relations.push(relation);
    for (const row of table.rows) {
      const [s, a] = [row[subject], row[answer]];
      if (s && a) facts.push(makeFact(relation, `${table.family}/${row[0]}`, s, a));
    }
  }
  return { relations, facts };
}

function arithmetic(): Knowledge {
  const data = readData('arithmetic.json') as ArithmeticData;
  const relation = makeRelation(data.family, data.relations[0]);
  const facts: Fact[] = [];
  const add = (x: number, { word }: Operation, y: number, result: number) =>
    facts.push(
      makeFact(relation, `${data.family}/${x} ${word} ${y}`, `${x} ${word} ${y}`, `${result}`),
    );
  const { addition, subtraction, multiplication, division } = data;
  eachPair(addition, (x, y) => add(x, addition, y, x + y));
  eachPair(subtraction, (x, y) => add(x + y, subtraction, y, x));
  eachPair(multiplication, (x, y) => add(x, multiplication, y, x * y));
  eachPair(division, (x, y) => add(x * y, division, y, x));
  return { relations: [relation], facts };
}

function eachPair({ from, to }: Operation, visit: (x: number, y: number) => void): void {
  for (let x = from; x <= to; x++) for (let y = from; y <= to; y++) visit(x, y);
}
