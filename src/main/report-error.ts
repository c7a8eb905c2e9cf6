import { ZodError } from 'zod';
import type { ErrorReport } from '../shared/contract/common.ts';
import { KintsugiError } from '../shared/errors.ts';

/** Any failure as data that a screen can show: a code, what happened, what to do next. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof KintsugiError) {
    const { code, message, next, file, field } = error;
    return {
      code,
      message,
      next,
      ...(file === undefined ? {} : { file }),
      ...(field === undefined ? {} : { field }),
    };
  }
  if (error instanceof ZodError) return reportInput(error);
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    next: 'This is a fault of Kintsugi. Copy the diagnostics and report it.',
  };
}

function reportInput({ issues }: ZodError): ErrorReport {
  const { path, message } = issues[0]!;
  const field = path.join('.') || 'input';
  return {
    code: 'ARGUMENT_INVALID',
    message: `"${field}": ${message.replace(/^Invalid input: /, '')}.`,
    next: 'Correct that value and try again.',
    field,
  };
}

/** The report as an error again, on the other side of a process boundary. */
export function reviveError({ code, message, ...context }: ErrorReport): KintsugiError {
  return new KintsugiError(code as KintsugiError['code'], message, context);
}
