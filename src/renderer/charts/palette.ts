import type { MarkShape } from '../../shared/chart/mark.ts';
import { type Arm, type ArmId, isBankArm } from '../../shared/results.ts';

/** Colours live in charts.css, one set per theme; dashes and shapes say the same without colour. */
const ARM_COLOURS: Readonly<Record<ArmId, string>> = {
  original: 'var(--arm-original)',
  compressed: 'var(--arm-compressed)',
  prompt: 'var(--arm-prompt)',
  idp: 'var(--arm-idp)',
  prefix: 'var(--arm-prefix)',
  lora: 'var(--arm-lora)',
  'bank-lora': 'var(--arm-bank-lora)',
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

const ARM_MARKS: Readonly<Record<ArmId, MarkShape>> = {
  original: 'circle',
  compressed: 'square',
  prompt: 'triangle',
  idp: 'diamond',
  prefix: 'wedge',
  lora: 'cross',
  'bank-lora': 'hexagon',
};

export const armMark = (id: Arm['id']): MarkShape => (isBankArm(id) ? 'star' : ARM_MARKS[id]);
