import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { explainDatabaseError } from '../db/failure.ts';
import { databasePath, dataHome } from '../home.ts';
import { EXIT, errorDocument, exitCode, formatError, toKintsugiError } from './errors.ts';
import { createProgram } from './program.ts';
import { createProgress } from './progress.ts';

/** Runs one command line and returns its exit code; never throws. */
async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const signals = catchSignals(stop);
  const progress = createProgress(process.stderr);
  // Read by hand because a command line that commander rejects must be answered in the same form.
  const flags = { json: args.includes('--json'), verbose: args.includes('--verbose') };
  const program = createProgram({ signal: stop.signal, progress });
  try {
    await program.parseAsync(args, { from: 'user' });
    return signals.received() ?? EXIT.ok;
  } catch (error) {
    progress.clear();
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // A command without its subcommand: commander has printed the help.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.badInput;
    const { home } = program.opts<{ home?: string }>();
    const known = toKintsugiError(explainDatabaseError(error, databasePath(dataHome(home))));
    if (flags.json) process.stdout.write(`${JSON.stringify(errorDocument(known), null, 2)}\n`);
    process.stderr.write(`${formatError(known, flags.verbose)}\n`);
    return signals.received() ?? exitCode(known);
  }
}

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm and the set-up script. */
const SAME_SIGNAL_MS = 1000;

/** The first signal asks the work to stop at its next step; the second ends the process at once. */
function catchSignals(stop: AbortController) {
  let code: number | undefined;
  let received = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const again = code !== undefined;
      if (again && performance.now() - received < SAME_SIGNAL_MS) return;
      if (again) process.exit(code);
      received = performance.now();
      code = 128 + constants.signals[signal];
      process.stderr.write('\nStopping at the next step; once more to stop at once.\n');
      stop.abort();
    });
  }
  return { received: () => code };
}

// A reader that has seen enough (`| head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
