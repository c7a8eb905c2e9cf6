import { type Command, Option } from 'commander';
import { KintsugiError } from '../../shared/errors.ts';
import { DEVICES, type Device } from '../../shared/recipe.ts';

/** A parser for an integer option. @throws KintsugiError ARGUMENT_INVALID naming the option */
export function integer(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value;
    throw invalidOption(option, `"${text}" is not a whole number from ${min} to ${max}`);
  };
}

/** A parser for a number option. @throws KintsugiError ARGUMENT_INVALID naming the option */
export function decimal(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw invalidOption(option, `"${text}" is not a number from ${min} to ${max}`);
  };
}

/** A parser for a list of values between commas. */
export function list(option: string): (text: string) => string[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim());
    if (items.every((item) => item !== '')) return items;
    throw invalidOption(option, `"${text}" has an empty entry`);
  };
}

/** A parser for token ids between commas. */
export function tokenIds(option: string): (text: string) => number[] {
  const id = integer(option, 0, 2 ** 31 - 1);
  return (text) => list(option)(text).map((item) => id(item));
}

export function invalidOption(option: string, message: string): KintsugiError {
  return new KintsugiError('ARGUMENT_INVALID', `${option}: ${message}.`, {
    next: 'Correct the option; --help after the command explains each.',
    field: option,
  });
}

/** Options of every command that runs a model. */
export interface EngineOptions {
  readonly device: Device;
  readonly threads: number;
}

export function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--device <name>', 'where to compute; auto takes the fastest that works')
        .choices(DEVICES)
        .default('cpu'),
    )
    .option('--threads <n>', 'CPU threads, 0 for all cores', integer('--threads', 0, 1024), 0);
}

export const MODEL_HELP = 'starter, a model folder, or org/name of the hub';

/** Options that name an arm by its folders. */
export interface ArmOptions {
  readonly model: string;
  readonly bank?: string;
  readonly adapter?: string;
}

export function addArmOptions(command: Command): Command {
  return command
    .option('--model <name>', MODEL_HELP, 'starter')
    .option('--bank <dir>', 'prompt bank to put in front of every input')
    .addOption(new Option('--adapter <dir>', 'LoRA adapter, with or without a bank, or a prefix'));
}
