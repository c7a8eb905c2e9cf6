import type { z } from 'zod';

/** One thing that a screen can ask of the main process, with the schema its input must pass there. */
export interface Procedure<Kind extends 'call' | 'stream', Schema extends z.ZodType, Output> {
  readonly kind: Kind;
  readonly input: Schema;
  /** Only a type: what the call answers, or each event of the stream. */
  readonly output?: Output;
}

/** Answered once: `call<Output>()(schema)`. */
export const call =
  <Output>() =>
  <Schema extends z.ZodType>(input: Schema): Procedure<'call', Schema, Output> => ({
    kind: 'call',
    input,
  });

/** Answered with events until it ends or the screen leaves: `stream<Event>()(schema)`. */
export const stream =
  <Event>() =>
  <Schema extends z.ZodType>(input: Schema): Procedure<'stream', Schema, Event> => ({
    kind: 'stream',
    input,
  });
