import type { CheckedInput, contract, Output, ProcedureName } from '../../shared/contract/index.ts';

type Contract = typeof contract;

/** The main process's side of some procedures. Inputs arrive checked; the signal rises when the screen leaves. */
export type Handlers<Name extends ProcedureName = ProcedureName> = {
  readonly [N in Name]: Contract[N]['kind'] extends 'stream'
    ? (input: CheckedInput<N>, signal: AbortSignal) => AsyncIterable<Output<N>>
    : (input: CheckedInput<N>, signal: AbortSignal) => Promise<Output<N>>;
};
