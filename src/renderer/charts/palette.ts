import { type Arm, type ArmId, isBankArm } from '../../shared/results.ts';

/** Colours live in charts.css, one set per theme; dashes and shapes say the same without colour. */
const ARM_COLOURS: Readonly<Record<ArmId, string>> = {
  original: 'var(--arm-original)',
  compressed: 'var(--arm-compressed)',
  prompt: 'var(--arm-prompt)',
  idp: 'var(--arm-idp)',
  lora: 'var(--arm-lora)',
};

export const armColour = (id: Arm['id']): string =>
  isBankArm(id) ? 'var(--arm-bank)' : ARM_COLOURS[id];

/** Class that sets the arm's colour as --arm-colour. */
export const armClass = (id: Arm['id']): string => (isBankArm(id) ? 'arm-bank' : `arm-${id}`);

const LINES = ['idp', 'prompt', 'lora', 'original', 'compressed'] as const;
const DASHES = ['', '6 3', '2 3', '8 3 2 3'] as const;

/** How the series at `index` of many is drawn. */
export const lineStyle = (index: number) => ({
  stroke: ARM_COLOURS[LINES[index % LINES.length]!],
  strokeDasharray: DASHES[Math.floor(index / LINES.length) % DASHES.length]!,
});

export type Mark = 'star' | 'circle' | 'square' | 'diamond' | 'triangle' | 'cross';

const ARM_MARKS: Readonly<Record<ArmId, Mark>> = {
  original: 'circle',
  compressed: 'square',
  prompt: 'triangle',
  idp: 'diamond',
  lora: 'cross',
};

export const armMark = (id: Arm['id']): Mark => (isBankArm(id) ? 'star' : ARM_MARKS[id]);

/** Outline of a mark of about 10 pixels around (x, y). */
export function markPath(mark: Mark, x: number, y: number): string {
  switch (mark) {
    case 'circle':
      return `M${x - 5},${y}a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z`;
    case 'square':
      return `M${x - 4.5},${y - 4.5}h9v9h-9Z`;
    case 'diamond':
      return `M${x},${y - 6.5}l6.5,6.5l-6.5,6.5l-6.5,-6.5Z`;
    case 'triangle':
      return `M${x},${y - 6}l6,10.5h-12Z`;
    case 'star':
      return `M${x},${y - 7}l2,5l5,2l-5,2l-2,5l-2,-5l-5,-2l5,-2Z`;
    case 'cross':
      return `M${x - 2},${y - 6}h4v4h4v4h-4v4h-4v-4h-4v-4h4Z`;
  }
}
