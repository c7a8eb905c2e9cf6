import type { SelectorRecipe } from '../../shared/recipe.ts';

/** Every way to choose the prompt, as a recipe asks for it at first. */
export const SELECTORS = [
  {
    value: 'idp',
    label: 'IDP',
    about: 'The prompt that the input attends to most; nothing is learned.',
    make: { kind: 'idp', layer: 0 },
  },
  {
    value: 'idp-calibrated',
    label: 'Calibrated IDP',
    about: 'The same, against the attention that tuning inputs pay each prompt.',
    make: { kind: 'idp-calibrated', layer: 0 },
  },
  {
    value: 'key-prompts',
    label: 'Nearest prompt',
    about: 'The prompt whose mean is most like the input; nothing is learned.',
    make: { kind: 'key', keys: 'prompts' },
  },
  {
    value: 'key-centroids',
    label: 'Nearest centroid',
    about: 'The prompt whose tuning inputs are, on average, most like the input.',
    make: { kind: 'key', keys: 'centroids' },
  },
  {
    value: 'key-learned',
    label: 'Nearest learned key',
    about: 'A key is learned for each prompt, and the nearest wins.',
    make: { kind: 'key', keys: 'learned' },
  },
  {
    value: 'classifier',
    label: 'Classifier',
    about: 'A small linear classifier learns which prompt an input belongs to.',
    make: { kind: 'classifier' },
  },
  {
    value: 'mixture',
    label: 'Soft mixture',
    about: 'A learned blend of all prompts instead of one of them (ATTEMPT).',
    make: { kind: 'mixture', rank: 8 },
  },
  {
    value: 'fixed',
    label: 'Best prompt on validation',
    about: 'One prompt for every input: what choosing must beat.',
    make: { kind: 'fixed' },
  },
  {
    value: 'random',
    label: 'By lot',
    about: 'Any prompt: the control that shows what choosing is worth.',
    make: { kind: 'random' },
  },
] as const satisfies readonly {
  value: string;
  label: string;
  about: string;
  make: SelectorRecipe;
}[];

export type SelectorChoice = (typeof SELECTORS)[number]['value'];

export const choiceOf = (selector: SelectorRecipe): SelectorChoice =>
  selector.kind === 'key' ? `key-${selector.keys}` : selector.kind;

/** A selector of this choice: one that is there already with its settings, or a new one. */
export function selectorFor(
  choice: SelectorChoice,
  present: readonly SelectorRecipe[] = [],
): SelectorRecipe {
  const kept = present.find((selector) => choiceOf(selector) === choice);
  return kept ?? SELECTORS.find(({ value }) => value === choice)!.make;
}

/** The further selectors, in the order of the list, without the bank's own. */
export function furtherSelectors(
  choices: readonly SelectorChoice[],
  present: readonly SelectorRecipe[],
  own: SelectorRecipe,
): SelectorRecipe[] {
  return SELECTORS.filter(
    ({ value }) => choices.includes(value) && value !== choiceOf(own),
  ).flatMap(({ value }) => {
    const kept = present.filter((selector) => choiceOf(selector) === value);
    return kept.length > 0 ? kept : [selectorFor(value)];
  });
}
