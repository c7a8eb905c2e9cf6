/** An arm's name on the screen, by its id. */
export type LabelOf = (arm: string) => string;
