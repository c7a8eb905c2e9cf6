import type { Command } from 'commander';
import type { AddAction } from '../action.ts';
import type { Context, Outcome } from '../context.ts';
import {
  type ArmOptions,
  addArmOptions,
  addEngineOptions,
  decimal,
  type EngineOptions,
  integer,
  invalidOption,
} from '../options.ts';

interface GenerateOptions extends ArmOptions, EngineOptions {
  readonly prompt: string;
  readonly chat: boolean;
  readonly system?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

export function addGenerateCommand(program: Command, addAction: AddAction): void {
  const command = addArmOptions(program.command('generate').description('continues a text'))
    .requiredOption('--prompt <text>', 'the text to continue, or with --chat a message')
    .option('--chat', "answer the prompt as a message, by the model's chat template", false)
    .option('--system <text>', 'with --chat: what the assistant is told first')
    .option('--max-tokens <n>', 'length at most', integer('--max-tokens', 1, 1e6), 64)
    .option('--temperature <x>', '0 is greedy', decimal('--temperature', 0, 100), 0)
    .option('--top-k <n>', 'the k likeliest tokens, 0 for all', integer('--top-k', 0, 1e7), 0)
    .option('--top-p <x>', 'the likeliest tokens of this mass', decimal('--top-p', 0, 1), 1)
    .option('--seed <n>', 'seed of sampling', integer('--seed', 0, 2 ** 31 - 1), 0);
  addAction<GenerateOptions>(addEngineOptions(command), generate);
}

/** Text appears as it is made; with --json it comes whole, with the prompt that a bank chose. */
async function generate(options: GenerateOptions, { signal, json }: Context): Promise<Outcome> {
  if (options.system !== undefined && !options.chat)
    throw invalidOption('--system', 'is only for --chat');
  const { generateText } = await import('../../compute/generate.ts');
  const write = (piece: string) => {
    if (!json) process.stdout.write(piece);
  };
  // An answer stands alone, a continuation behind what it continues.
  if (!options.chat) write(options.prompt);
  const made = await generateText(options, options, options, signal, write);
  return { document: { prompt: options.prompt, ...made }, text: '' };
}
