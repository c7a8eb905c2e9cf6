import { CommanderError } from 'commander';
import { KintsugiError } from '../../shared/errors.ts';

export const EXIT = { ok: 0, internal: 1, badInput: 2, interrupted: 130 } as const;

/** Any failure as one that can be shown: a code, what happened, what to do next. */
export function toKintsugiError(error: unknown): KintsugiError {
  if (error instanceof KintsugiError) return error;
  if (error instanceof CommanderError) {
    return new KintsugiError('ARGUMENT_INVALID', error.message.replace(/^error: /, ''), {
      next: 'See "kintsugi --help", or --help after a command.',
      cause: error,
    });
  }
  return new KintsugiError('INTERNAL', error instanceof Error ? error.message : String(error), {
    next: 'This is a fault of Kintsugi. Run the command again with --verbose and report what it prints.',
    cause: error,
  });
}

export function exitCode(error: KintsugiError): number {
  if (error.code === 'CANCELLED') return EXIT.interrupted;
  return error.code === 'INTERNAL' ? EXIT.internal : EXIT.badInput;
}

/** The error as the JSON document of a failed command. */
export function errorDocument({ code, message, next, file, field }: KintsugiError) {
  return { error: { code, message, next, file, field } };
}

/** Several lines for stderr; the stack only when asked for. */
export function formatError(error: KintsugiError, verbose: boolean): string {
  const lines = [`${error.code}: ${error.message}`];
  if (error.file !== undefined) lines.push(`  file: ${error.file}`);
  if (error.field !== undefined) lines.push(`  field: ${error.field}`);
  lines.push(`  next: ${error.next}`);
  if (verbose) lines.push(stackOf(error));
  return lines.join('\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
