import type { Random } from '../../src/core/random.ts';
import type { Fact, Relation } from './facts.ts';
import { readData } from './facts.ts';

/** A stretch of a document. Tokenising segments one by one equals tokenising the whole text. */
export interface Segment {
  readonly text: string;
  /** The answer of a fact, with its leading space: what recall is made of. */
  readonly answer: boolean;
}

/** Sentences that carry no fact, so that documents read as English. */
interface Chatter {
  readonly leadIns: readonly string[];
  readonly openers: readonly string[];
  readonly connectors: readonly string[];
  readonly closers: readonly string[];
  readonly listHeads: readonly string[];
  readonly questionHeads: readonly string[];
}

/** Writes facts as English and keeps track of which characters are answers. */
interface Writer {
  paragraph(facts: readonly Fact[]): void;
  questions(facts: readonly Fact[]): void;
  list(facts: readonly Fact[]): void;
  finish(): Segment[];
}

export function createWriter(random: Random, relations: ReadonlyMap<string, Relation>): Writer {
  const segments: Segment[] = [];
  const chatter = readData('chatter.json') as Chatter;
  let pending = '';
  const chance = (p: number) => random.uniform() < p;
  const relationOf = (fact: Fact) => relations.get(fact.relation)!;
  const answer = (fact: Fact) => {
    segments.push({ text: pending, answer: false }, { text: ` ${fact.answer}`, answer: true });
    pending = '';
  };
  const statement = (fact: Fact, leadIn: string) => {
    pending += fillStatement(random.pick(relationOf(fact).statements), fact.subject, leadIn);
    answer(fact);
    pending += '.';
  };
  return {
    paragraph(facts) {
      if (chance(0.25)) pending += `${random.pick(chatter.openers)} `;
      for (const [i, fact] of facts.entries()) {
        if (i > 0) pending += chance(0.08) ? ` ${random.pick(chatter.connectors)} ` : ' ';
        statement(fact, chance(0.12) ? random.pick(chatter.leadIns) : '');
      }
      if (chance(0.1)) pending += ` ${random.pick(chatter.closers)}`;
      pending += '\n\n';
    },
    questions(facts) {
      if (chance(0.1)) pending += `${random.pick(chatter.questionHeads)}\n`;
      for (const fact of facts) {
        pending += askQuestion(random.pick(relationOf(fact).questions), fact.subject);
        answer(fact);
        pending += '\n';
      }
      pending += '\n';
    },
    list(facts) {
      pending += `${random.pick(chatter.listHeads)}\n`;
      const numbered = chance(0.3);
      for (const [i, fact] of facts.entries()) {
        pending += numbered ? `${i + 1}. ` : '- ';
        statement(fact, '');
        pending += '\n';
      }
      pending += '\n';
    },
    finish() {
      segments.push({ text: pending.trimEnd(), answer: false });
      return segments;
    },
  };
}

/** A statement up to the point where " " + answer follows. */
export function fillStatement(template: string, subject: string, leadIn = ''): string {
  const sentence = fill(template, subject);
  // After a lead-in only a name keeps its capital.
  if (leadIn === '') return upperFirst(sentence);
  return leadIn + (template.startsWith('{') ? sentence : lowerFirst(sentence));
}

/** The question format of the evaluation harness; " " + answer follows. */
export function askQuestion(template: string, subject: string): string {
  return `Question: ${upperFirst(fill(template, subject))}\nAnswer:`;
}

/** "{s}" is the subject, "{a s}" the subject with its indefinite article. */
function fill(template: string, subject: string): string {
  const article = /^[aeiou]/i.test(subject) ? 'an' : 'a';
  return template.replaceAll('{a s}', `${article} ${subject}`).replaceAll('{s}', subject);
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
