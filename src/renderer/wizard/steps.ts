/** One decision per screen, in order. */
export const STEPS = [
  { name: 'model', title: 'Model' },
  { name: 'care', title: 'Care' },
  { name: 'compress', title: 'Compress' },
  { name: 'tune', title: 'Tune' },
  { name: 'compare', title: 'Compare' },
  { name: 'start', title: 'Start' },
] as const;
export type StepName = (typeof STEPS)[number]['name'];

export const stepIndex = (name: string | undefined): number =>
  Math.max(
    0,
    STEPS.findIndex((step) => step.name === name),
  );
