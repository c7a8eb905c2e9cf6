import { createContext } from 'react';
import type { CallName, Input, Output } from '../shared/contract.ts';
import type { Bridge, ErrorReport } from '../shared/contract-bridge.ts';

/** The main process as the screens call it. */
export type Client = <Name extends CallName>(
  name: Name,
  input: Input<Name>,
) => Promise<Output<Name>>;

/** A call that failed, with what to tell the reader. */
export class CallError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.name = 'CallError';
    this.report = report;
  }
}

/** @throws CallError */
export function createClient(bridge: Bridge): Client {
  return async <Name extends CallName>(name: Name, input: Input<Name>) => {
    const reply = await bridge.call(name, input).catch(unreachable);
    if (!reply.ok) throw new CallError(reply.error);
    return reply.value as Output<Name>;
  };
}

function unreachable(error: Error): never {
  throw new CallError({
    code: 'UNREACHABLE',
    message: `The main process did not answer (${error.message}).`,
    next: 'Try again; if it stays so, restart Kintsugi.',
  });
}

export const ClientContext = createContext<Client>(() => {
  throw new Error('ClientContext has no client');
});
