import type { Command } from 'commander';
import type { AddAction } from '../action.ts';
import {
  type ArmOptions,
  addArmOptions,
  addEngineOptions,
  type EngineOptions,
  tokenIds,
} from '../options.ts';

interface LogitsOptions extends ArmOptions, EngineOptions {
  readonly ids: readonly number[];
}

export function addLogitsCommand(program: Command, addAction: AddAction): void {
  const command = addArmOptions(
    program.command('logits').description('logits after the last of the given tokens, as JSON'),
  ).requiredOption('--ids <list>', 'token ids between commas', tokenIds('--ids'));
  addAction<LogitsOptions>(addEngineOptions(command), async (options) => {
    const { lastLogits } = await import('../../compute/generate.ts');
    const document = await lastLogits(options, options, options.ids);
    return { document, text: JSON.stringify(document) };
  });
}
