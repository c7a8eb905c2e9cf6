import type { Command, CommanderError } from 'commander';
import { KintsugiError } from '../../shared/errors.ts';
import { dataHome } from '../home.ts';
import type { Context, Outcome } from './context.ts';
import { ensureModel } from './download.ts';
import type { Progress } from './progress.ts';

/** What the process gives every command. */
export interface CommandParts {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Gives a command its action, whose outcome is printed in the form that was asked for. */
export type AddAction = <O>(
  command: Command,
  action: (options: O, context: Context, ...positional: string[]) => Promise<Outcome>,
) => void;

export function createAddAction(program: Command, { signal, progress }: CommandParts): AddAction {
  return (command, action) => {
    command.exitOverride((error) => {
      throw error.exitCode === 0 ? error : misused(command, error);
    });
    command.action(async (...parameters: unknown[]) => {
      const options = parameters.at(-2) as Parameters<typeof action>[0];
      const positional = parameters.slice(0, -2).filter((p) => p !== undefined) as string[];
      const flags = program.opts<{ json?: boolean; home?: string }>();
      const json = flags.json ?? false;
      const context = { home: dataHome(flags.home), signal, progress, json };
      const { model } = options as { readonly model?: string };
      if (model !== undefined) await ensureModel(model, context);
      const { document, text } = await action(options, context, ...positional);
      progress.clear();
      process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`);
    });
  };
}

/** What was wrong with the words behind a command, and where they are explained. */
function misused(command: Command, error: CommanderError): KintsugiError {
  const { parent } = command;
  const [first] = parent?.args ?? [];
  // The word that is no command went to the default one, which takes none.
  const unknown = error.code === 'commander.excessArguments' && first !== command.name();
  if (unknown && parent?.parent)
    return new KintsugiError('ARGUMENT_INVALID', `"${parent.name()}" has no command "${first}".`, {
      next: `Its commands are ${parent.commands.map((each) => each.name()).join(', ')}.`,
      cause: error,
    });
  const called = [parent?.parent && parent.name(), command.name()].filter(Boolean).join(' ');
  return new KintsugiError('ARGUMENT_INVALID', error.message.replace(/^error: /, ''), {
    next: `See "kintsugi ${called} --help".`,
    cause: error,
  });
}
