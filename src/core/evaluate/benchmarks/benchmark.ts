import { z } from 'zod';
import type { ChoiceItem, ClozeItem, GenerationItem, TaskMetric } from '../tasks.ts';

/** Where a benchmark's rows are. */
export interface BenchmarkData {
  /** `org/name` on the hub. */
  readonly id: string;
  readonly config?: string;
  /** Measured with. */
  readonly heldout: string;
  /** Tuned on; some have none. */
  readonly train?: string;
}

type Content<Item> = Omit<Item, 'id' | 'fact'>;

/** How a row is asked. */
type Asked<Row> =
  | { readonly kind: 'choice'; ask(row: Row): Content<ChoiceItem> }
  | { readonly kind: 'cloze'; ask(row: Row): Content<ClozeItem> }
  | { readonly kind: 'generation'; ask(row: Row): Content<GenerationItem> };

/** A task of lm-evaluation-harness: its data, prompt and metrics. */
export type Benchmark<Row = unknown> = Asked<Row> & {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly data: BenchmarkData;
  /** Columns that are read; other columns are ignored. */
  readonly row: z.ZodType<Row>;
  /** What rows are about, so that a validation split never has the same on both sides. */
  fact(row: Row): string;
  readonly metrics: readonly TaskMetric[];
  /** Version of the harness's task that this one equals. */
  readonly version: number;
};

/** Keeps a benchmark's row type to itself: whoever holds it checks a row before asking. */
export const benchmark = <Row>(definition: Benchmark<Row>): Benchmark =>
  definition as unknown as Benchmark;

/** Choices as datasets keep them: two lists of one length. */
export const labelledChoices = z.object({
  text: z.array(z.string()).min(2),
  label: z.array(z.string()),
});

/** A row cannot be asked; `field` is its column at fault. */
export class RowError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Index of a value among others. @throws RowError */
export function indexIn(values: readonly string[], value: string, field: string): number {
  const index = values.indexOf(value);
  if (index >= 0) return index;
  throw new RowError(field, `"${value}" is none of ${values.join(', ')}`);
}

/** An index given as a number or as text. @throws RowError */
export function choiceIndex(value: number | string, count: number, field: string): number {
  const index = Number(value);
  if (value !== '' && Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new RowError(field, `"${value}" is no choice from 0 to ${count - 1}`);
}
