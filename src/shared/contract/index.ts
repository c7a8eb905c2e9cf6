import type { z } from 'zod';
import { bankProcedures } from './banks.ts';
import { compareProcedures } from './compare.ts';
import { hubProcedures } from './hub.ts';
import { libraryProcedures } from './library.ts';
import { playgroundProcedures } from './playground.ts';
import type { Procedure } from './procedure.ts';
import { runProcedures } from './runs.ts';
import { sweepProcedures } from './sweeps.ts';
import { systemProcedures } from './system.ts';
import { wizardProcedures } from './wizard.ts';

/** All that a screen can ask of the main process. */
export const contract = {
  ...systemProcedures,
  ...wizardProcedures,
  ...runProcedures,
  ...compareProcedures,
  ...playgroundProcedures,
  ...bankProcedures,
  ...hubProcedures,
  ...libraryProcedures,
  ...sweepProcedures,
} as const;

type Contract = typeof contract;
type NameOf<Kind> = {
  [Name in keyof Contract]: Contract[Name]['kind'] extends Kind ? Name : never;
}[keyof Contract];

export type ProcedureName = keyof Contract;
export type CallName = NameOf<'call'>;
export type StreamName = NameOf<'stream'>;

/** Input as a screen gives it. */
export type Input<Name extends ProcedureName> = z.input<Contract[Name]['input']>;
/** Input after its check. */
export type CheckedInput<Name extends ProcedureName> = z.output<Contract[Name]['input']>;
/** The answer of a call, or one event of a stream. */
export type Output<Name extends ProcedureName> =
  Contract[Name] extends Procedure<'call' | 'stream', z.ZodType, infer O> ? O : never;

/** Names of one feature's procedures: `NamesOf<'runs'>`. */
export type NamesOf<Feature extends string> = Extract<ProcedureName, `${Feature}.${string}`>;
