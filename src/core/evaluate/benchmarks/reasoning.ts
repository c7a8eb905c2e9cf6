import { z } from 'zod';
import { benchmark, choiceIndex, indexIn, labelledChoices } from './benchmark.ts';

/** Benchmarks of common sense: which continuation, way or person makes sense. */

const text = z.string();
const label = z.union([z.int(), z.string()]);

export const piqa = benchmark({
  name: 'piqa',
  title: 'PIQA',
  description: 'Which of two ways reaches a goal in the physical world?',
  data: { id: 'baber/piqa', heldout: 'validation', train: 'train' },
  row: z.object({ goal: text, sol1: text, sol2: text, label }),
  fact: ({ goal }) => goal,
  kind: 'choice',
  ask: ({ goal, sol1, sol2, label: right }) => ({
    context: `Question: ${goal}\nAnswer:`,
    choices: [sol1, sol2],
    answer: choiceIndex(right, 2, 'label'),
  }),
  metrics: ['acc', 'acc_norm'],
  version: 1,
});

export const hellaswag = benchmark({
  name: 'hellaswag',
  title: 'HellaSwag',
  description: 'Which ending follows from a scene?',
  data: { id: 'Rowan/hellaswag', heldout: 'validation', train: 'train' },
  row: z.object({
    activity_label: text,
    ctx_a: text,
    ctx_b: text,
    endings: z.array(text).min(2),
    label,
  }),
  fact: ({ activity_label, ctx_a, ctx_b }) => `${activity_label} ${ctx_a} ${ctx_b}`,
  kind: 'choice',
  ask: ({ activity_label, ctx_a, ctx_b, endings, label: right }) => ({
    context: cleanWikiHow(`${activity_label}: ${ctx_a} ${capitalize(ctx_b)}`),
    choices: endings.map(cleanWikiHow),
    answer: choiceIndex(right, endings.length, 'label'),
  }),
  metrics: ['acc', 'acc_norm'],
  version: 1,
});

/** Brackets are left over from the WikiHow part of the dataset. */
const cleanWikiHow = (raw: string): string =>
  raw
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');

/** Python's str.capitalize: the first letter large, all others small. */
function capitalize(raw: string): string {
  const [first = '', ...rest] = raw;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export const winogrande = benchmark({
  name: 'winogrande',
  title: 'WinoGrande',
  description: 'Which of two names does a sentence mean?',
  data: {
    id: 'allenai/winogrande',
    config: 'winogrande_xl',
    heldout: 'validation',
    train: 'train',
  },
  row: z.object({
    sentence: z.string().regex(/_/, 'has no "_"'),
    option1: text,
    option2: text,
    answer: z.string(),
  }),
  fact: ({ sentence }) => sentence,
  kind: 'choice',
  // The choice stands in the context; what follows it is scored (partial evaluation).
  ask: ({ sentence, option1, option2, answer }) => {
    const gap = sentence.indexOf('_');
    const rest = sentence.slice(gap + 1).trim();
    const choices = [option1, option2];
    return {
      context: sentence,
      choices,
      answer: indexIn(['1', '2'], answer, 'answer'),
      pairs: choices.map((option) => ({
        context: sentence.slice(0, gap) + option,
        target: ` ${rest}`,
      })),
    };
  },
  metrics: ['acc'],
  version: 1,
});

export const boolq = benchmark({
  name: 'boolq',
  title: 'BoolQ',
  description: 'Yes or no, from a passage.',
  data: { id: 'aps/super_glue', config: 'boolq', heldout: 'validation', train: 'train' },
  row: z.object({ passage: text, question: text, label }),
  fact: ({ passage }) => passage,
  kind: 'choice',
  ask: ({ passage, question, label: right }) => ({
    context: `${passage}\nQuestion: ${question}?\nAnswer:`,
    choices: ['no', 'yes'],
    answer: choiceIndex(right, 2, 'label'),
  }),
  metrics: ['acc'],
  version: 2,
});

export const openbookqa = benchmark({
  name: 'openbookqa',
  title: 'OpenBookQA',
  description: 'Elementary science, applied.',
  data: { id: 'allenai/openbookqa', config: 'main', heldout: 'test', train: 'train' },
  row: z.object({ question_stem: text, choices: labelledChoices, answerKey: text }),
  fact: ({ question_stem }) => question_stem,
  kind: 'choice',
  ask: ({ question_stem, choices, answerKey }) => ({
    context: question_stem,
    choices: choices.text,
    answer: indexIn(choices.label, answerKey.trimStart(), 'answerKey'),
  }),
  metrics: ['acc', 'acc_norm'],
  version: 1,
});

export const lambada = benchmark({
  name: 'lambada_openai',
  title: 'LAMBADA',
  description: 'The last word of a passage that cannot be guessed from its last sentence.',
  data: { id: 'EleutherAI/lambada_openai', config: 'default', heldout: 'test' },
  row: z.object({ text: z.string().regex(/ /, 'is a single word') }),
  fact: (row) => row.text,
  kind: 'cloze',
  ask: (row) => {
    const last = row.text.lastIndexOf(' ');
    return { context: row.text.slice(0, last), answers: [row.text.slice(last + 1)] };
  },
  metrics: ['perplexity', 'acc'],
  version: 1,
});
