import type { MarkShape } from './mark.ts';

/** Whose facts a repair was asked, as the bars of "forgotten or displaced?" show them. */
export const ASKED_FACTS: readonly {
  readonly name: string;
  readonly colour: string;
  readonly mark: MarkShape;
}[] = [
  { name: 'facts never tuned on', colour: 'var(--arm-idp)', mark: 'diamond' },
  { name: 'facts tuned on', colour: 'var(--arm-prompt)', mark: 'triangle' },
  { name: 'control: facts never known', colour: 'var(--arm-original)', mark: 'circle' },
];
