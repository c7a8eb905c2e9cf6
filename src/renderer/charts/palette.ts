import { furtherLoraShade, isFurtherLora } from '../../shared/chart/lora.ts';
import type { MarkShape } from '../../shared/chart/mark.ts';
import { type Arm, type ArmId, isBankArm } from '../../shared/results.ts';

/** Colours live in charts.css, one set per theme; dashes and shapes say the same without colour. */
const ARM_COLOURS: Readonly<Record<Exclude<ArmId, `lora-${number}`>, string>> = {
  original: 'var(--arm-original)',
  compressed: 'var(--arm-compressed)',
  prompt: 'var(--arm-prompt)',
  idp: 'var(--arm-idp)',
  prefix: 'var(--arm-prefix)',
  lora: 'var(--arm-lora)',
  'bank-lora': 'var(--arm-bank-lora)',
};

export function armColour(id: Arm['id']): string {
  if (isBankArm(id)) return 'var(--arm-bank)';
  return isFurtherLora(id) ? furtherLoraShade(id, 'var(--chart-ink)') : ARM_COLOURS[id];
}

/** Class that sets the arm's colour as --arm-colour. */
export function armClass(id: Arm['id']): string {
  if (isBankArm(id)) return 'arm-bank';
  return isFurtherLora(id) ? 'arm-lora' : `arm-${id}`;
}

const LINES = ['idp', 'prompt', 'lora', 'original', 'compressed'] as const;
const DASHES = ['', '6 3', '2 3', '8 3 2 3'] as const;

export interface LineStyle {
  readonly stroke: string;
  readonly strokeDasharray: string;
}

/** How the series at `index` of many is drawn. */
export const lineStyle = (index: number): LineStyle => ({
  stroke: ARM_COLOURS[LINES[index % LINES.length]!],
  strokeDasharray: DASHES[Math.floor(index / LINES.length) % DASHES.length]!,
});

/** An arm's line, the one at `index` of a chart. */
export const armLineStyle = (id: Arm['id'], index: number): LineStyle => ({
  stroke: armColour(id),
  strokeDasharray: DASHES[index % DASHES.length]!,
});

const ARM_MARKS: Readonly<Record<Exclude<ArmId, `lora-${number}`>, MarkShape>> = {
  original: 'circle',
  compressed: 'square',
  prompt: 'triangle',
  idp: 'diamond',
  prefix: 'wedge',
  lora: 'cross',
  'bank-lora': 'hexagon',
};

export function armMark(id: Arm['id']): MarkShape {
  if (isBankArm(id)) return 'star';
  return isFurtherLora(id) ? 'cross' : ARM_MARKS[id];
}
