/** Shapes of the prompt-gradient step; peers/prompt_step.py has the same. */
export const STEP = { layers: 4, batch: 4, length: 128, tokens: 20 } as const;
