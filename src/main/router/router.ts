import { initTRPC, TRPCError } from '@trpc/server';
import type { z } from 'zod';
import { contract, type ProcedureName } from '../../shared/contract/index.ts';
import { reportError } from '../report-error.ts';
import type { Handlers } from './handlers.ts';

const t = initTRPC.create({
  // Without stacks: they name paths of this machine.
  isDev: false,
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, report: reportError(causeOf(error)) },
  }),
});

function causeOf(error: TRPCError): unknown {
  return error.cause ?? error;
}

type AnyHandler = (
  input: unknown,
  signal: AbortSignal,
) => Promise<unknown> & AsyncIterable<unknown>;

const NEVER = new AbortController().signal;

/** The contract as one tRPC router: every input is checked here, whatever carries it. */
export function createRouter(handlers: Handlers) {
  const features: Record<string, Record<string, ReturnType<typeof procedure>>> = {};
  for (const name of Object.keys(contract) as ProcedureName[]) {
    const [feature, action] = name.split('.') as [string, string];
    features[feature] ??= {};
    features[feature][action] = procedure(name, handlers[name] as AnyHandler);
  }
  return t.router(features);
}

export type Router = ReturnType<typeof createRouter>;

function procedure(name: ProcedureName, handler: AnyHandler) {
  const { kind, input } = contract[name];
  const checked = t.procedure.input(input as z.ZodType);
  if (kind === 'call') {
    return checked.mutation(({ input, signal }) => guarded(() => handler(input, signal ?? NEVER)));
  }
  return checked.subscription(async function* ({ input, signal }) {
    try {
      yield* handler(input, signal ?? NEVER);
    } catch (error) {
      throw wrapped(error);
    }
  });
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw wrapped(error);
  }
}

/** Keeps the cause: tRPC would make its own error of it. */
const wrapped = (cause: unknown): TRPCError =>
  cause instanceof TRPCError
    ? cause
    : new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: String(cause), cause });
