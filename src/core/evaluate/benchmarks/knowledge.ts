import { z } from 'zod';
import { type Benchmark, benchmark, choiceIndex, indexIn, labelledChoices } from './benchmark.ts';

/** Benchmarks of what a model knows: science, trivia, exams. */

const text = z.string();

const arc = (name: string, title: string, config: string): Benchmark =>
  benchmark({
    name,
    title,
    description: 'Science questions of school exams.',
    data: { id: 'allenai/ai2_arc', config, heldout: 'test', train: 'train' },
    row: z.object({ question: text, choices: labelledChoices, answerKey: text }),
    fact: ({ question }) => question,
    kind: 'choice',
    ask: ({ question, choices, answerKey }) => ({
      context: `Question: ${question}\nAnswer:`,
      choices: choices.text,
      answer: indexIn(choices.label, answerKey, 'answerKey'),
    }),
    metrics: ['acc', 'acc_norm'],
    version: 1,
  });

export const arcEasy = arc('arc_easy', 'ARC easy', 'ARC-Easy');
export const arcChallenge = arc('arc_challenge', 'ARC challenge', 'ARC-Challenge');

export const sciq = benchmark({
  name: 'sciq',
  title: 'SciQ',
  description: 'Science questions with a text that supports the answer.',
  data: { id: 'allenai/sciq', heldout: 'test', train: 'train' },
  row: z.object({
    support: text,
    question: text,
    distractor1: text,
    distractor2: text,
    distractor3: text,
    correct_answer: text,
  }),
  fact: ({ question }) => question,
  kind: 'choice',
  ask: (row) => ({
    context: `${row.support.trimStart()}\nQuestion: ${row.question}\nAnswer:`,
    choices: [row.distractor1, row.distractor2, row.distractor3, row.correct_answer],
    answer: 3,
  }),
  metrics: ['acc', 'acc_norm'],
  version: 1,
});

export const webqs = benchmark({
  name: 'webqs',
  title: 'WebQuestions',
  description: 'Questions that people asked a search engine.',
  data: { id: 'stanfordnlp/web_questions', heldout: 'test', train: 'train' },
  row: z.object({ question: text, answers: z.array(text).min(1) }),
  fact: ({ question }) => question,
  kind: 'cloze',
  ask: ({ question, answers }) => ({
    context: `Question: ${question}\nAnswer:`,
    answers: withoutExtensions(answers),
  }),
  metrics: ['exact_match'],
  version: 2,
});

/** An answer that begins with another one is greedy only if that one is. */
function withoutExtensions(answers: readonly string[]): string[] {
  const kept: string[] = [];
  for (const answer of answers.toSorted(byCodePoint)) {
    if (kept.length === 0 || !answer.startsWith(kept.at(-1)!)) kept.push(answer);
  }
  return kept;
}

const byCodePoint = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

export const triviaqa = benchmark({
  name: 'triviaqa',
  title: 'TriviaQA',
  description: 'Trivia, answered in free text.',
  data: {
    id: 'mandarjoshi/trivia_qa',
    config: 'rc.nocontext',
    heldout: 'validation',
    train: 'train',
  },
  row: z.object({
    question: text,
    answer: z.object({ value: text.optional(), aliases: z.array(text).min(1) }),
  }),
  fact: ({ question }) => question,
  kind: 'generation',
  ask: ({ question, answer }) => ({
    context: `Question: ${question}?\nAnswer:`,
    answers: answer.aliases,
    stop: ['\n', '.', ','],
    maxTokens: 256,
  }),
  metrics: ['exact_match'],
  version: 3,
});

const LETTERS = ['A', 'B', 'C', 'D'];

/** All subjects, or one, by the name that its folder and its column have. */
const mmluOf = (subject: string | undefined): Benchmark =>
  benchmark({
    name: subject === undefined ? 'mmlu' : `mmlu_${subject}`,
    title: subject === undefined ? 'MMLU' : `MMLU ${subject.replaceAll('_', ' ')}`,
    description: 'Exam questions in 57 subjects.',
    data: {
      id: 'cais/mmlu',
      ...(subject === undefined ? {} : { config: subject }),
      heldout: 'test',
      train: 'dev',
    },
    row: z.object({
      question: text,
      subject: text,
      choices: z.array(text).length(4),
      answer: z.union([z.int(), z.string()]),
    }),
    fact: ({ question }) => question,
    kind: 'choice',
    ask: ({ question, subject: of, choices, answer }) => ({
      context: [
        `The following are multiple choice questions (with answers) about ${of.replaceAll('_', ' ')}.`,
        '',
        question.trim(),
        ...choices.map((choice, i) => `${LETTERS[i]}. ${choice}`),
        'Answer:',
      ].join('\n'),
      choices: LETTERS,
      answer: choiceIndex(answer, 4, 'answer'),
    }),
    metrics: ['acc'],
    version: 1,
  });

export const mmlu = mmluOf(undefined);

export const MMLU_SUBJECTS: readonly string[] = [
  ...['abstract_algebra', 'anatomy', 'astronomy', 'business_ethics', 'clinical_knowledge'],
  ...['college_biology', 'college_chemistry', 'college_computer_science', 'college_mathematics'],
  ...['college_medicine', 'college_physics', 'computer_security', 'conceptual_physics'],
  ...['econometrics', 'electrical_engineering', 'elementary_mathematics', 'formal_logic'],
  ...['global_facts', 'high_school_biology', 'high_school_chemistry'],
  ...['high_school_computer_science', 'high_school_european_history', 'high_school_geography'],
  ...['high_school_government_and_politics', 'high_school_macroeconomics'],
  ...['high_school_mathematics', 'high_school_microeconomics', 'high_school_physics'],
  ...['high_school_psychology', 'high_school_statistics', 'high_school_us_history'],
  ...['high_school_world_history', 'human_aging', 'human_sexuality', 'international_law'],
  ...['jurisprudence', 'logical_fallacies', 'machine_learning', 'management', 'marketing'],
  ...['medical_genetics', 'miscellaneous', 'moral_disputes', 'moral_scenarios', 'nutrition'],
  ...['philosophy', 'prehistory', 'professional_accounting', 'professional_law'],
  ...['professional_medicine', 'professional_psychology', 'public_relations'],
  ...['security_studies', 'sociology', 'us_foreign_policy', 'virology', 'world_religions'],
];

export const mmluSubjects: readonly Benchmark[] = MMLU_SUBJECTS.map(mmluOf);
