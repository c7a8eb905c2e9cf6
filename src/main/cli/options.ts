import { KintsugiError } from '../../shared/errors.ts';

/** A parser for an integer option. @throws KintsugiError ARGUMENT_INVALID naming the option */
export function integer(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value;
    throw invalidOption(option, `"${text}" is not a whole number from ${min} to ${max}`);
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
