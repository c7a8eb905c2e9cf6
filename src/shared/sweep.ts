import { z } from 'zod';
import { flat, merged } from './change.ts';
import { describeCompression, METHODS, type MethodName } from './compression.ts';
import { withMethod } from './compression-change.ts';
import { KintsugiError } from './errors.ts';
import { modelName } from './model-name.ts';
import { PRESET_NAMES, PRESETS } from './presets.ts';
import { firstFault, type Recipe, recipeSchema, selectorName } from './recipe.ts';
import { settingWords } from './setting-words.ts';

const MOST_OPTIONS = 64;
const MOST_RUNS = 256;

const change = z.record(z.string(), z.json());
const options = <Option extends z.ZodType>(option: Option) =>
  z.array(option).min(1).max(MOST_OPTIONS).optional();

/** Parts of a recipe that runs of a sweep may differ in, each with its options. */
const variations = z.strictObject({
  model: options(z.string().min(1)),
  /** Changes of the base's compression; another method takes over what it has a use for. */
  compression: options(change),
  tuning: options(change),
  selector: options(change),
  evaluation: options(change),
  seed: options(z.int()),
  /** Seeds that each run tunes with, pooled. */
  repeats: options(z.int()),
});

/**
 * An experiment as a person writes it: what all runs have in common, and what they differ in. Every
 * combination of options is a run; seeds, selectors and tasks of one run are in its recipe.
 */
export const sweepFile = z.strictObject({
  version: z.literal(1),
  name: z.string().trim().min(1).max(80),
  /** A preset's name or a whole recipe. */
  base: z.union([z.enum(PRESET_NAMES), z.record(z.string(), z.json())], {
    error: `must be one of ${PRESET_NAMES.join(', ')}, or a whole recipe`,
  }),
  vary: variations,
});

export type Sweep = z.infer<typeof sweepFile>;
export type Variable = keyof Sweep['vary'];
type Change = z.infer<typeof change>;

/** One run of a sweep. */
export interface SweepRun {
  /** What tells it from the others: "GPTQ 3-bit · tokens 20". */
  readonly label: string;
  readonly recipe: Recipe;
}

const VARIABLES = Object.keys(variations.shape) as Variable[];

/**
 * Checks a sweep read from outside and works out its runs, before anything is done.
 * @throws KintsugiError RECIPE_INVALID naming the first field at fault, as the file has it
 */
export function parseSweep(
  value: unknown,
  file?: string,
): { readonly sweep: Sweep; readonly runs: readonly SweepRun[] } {
  const parsed = sweepFile.safeParse(value);
  if (!parsed.success) throw invalid(firstFault(parsed.error, 'sweep'), file);
  const sweep = parsed.data;
  const base = typeof sweep.base === 'string' ? PRESETS[sweep.base] : parseBase(sweep.base, file);
  const runs = combinations(sweep.vary).map((choice) => expand(sweep, base, choice, file));
  refuseTwins(runs, file);
  return { sweep, runs };
}

function parseBase(base: object, file: string | undefined): Recipe {
  const parsed = recipeSchema.safeParse(base);
  if (parsed.success) return parsed.data;
  const { field, message } = firstFault(parsed.error, 'base', ['base']);
  throw invalid({ field, message }, file);
}

/** Which option of each variable a run takes. */
type Choice = Readonly<Partial<Record<Variable, number>>>;

function combinations(vary: Sweep['vary']): Choice[] {
  let choices: Choice[] = [{}];
  for (const variable of VARIABLES) {
    const count = vary[variable]?.length ?? 0;
    if (count === 0) continue;
    choices = choices.flatMap((choice) =>
      Array.from({ length: count }, (_, option) => ({ ...choice, [variable]: option })),
    );
    if (choices.length > MOST_RUNS)
      throw invalid({ field: `vary.${variable}`, message: `makes more than ${MOST_RUNS} runs` });
  }
  return choices;
}

function expand({ vary }: Sweep, base: Recipe, choice: Choice, file?: string): SweepRun {
  const changed: Record<string, unknown> = { ...base };
  const entries = Object.entries(choice) as [Variable, number][];
  for (const [variable, option] of entries) {
    const chosen = vary[variable]![option]!;
    changed[variable] =
      typeof chosen === 'object' ? merged(startOf(base, variable, chosen), chosen) : chosen;
  }
  const parsed = recipeSchema.safeParse(changed);
  if (!parsed.success) {
    const { field, message } = firstFault(parsed.error, 'recipe');
    const written = fieldOf(field, choice);
    throw invalid({ field: written, message: message.replace(field, written) }, file);
  }
  const labels = entries
    .filter(([variable]) => vary[variable]!.length > 1)
    .map(([variable]) => describe(variable, parsed.data, vary, choice));
  return { label: labels.join(' · ') || modelName(parsed.data.model), recipe: parsed.data };
}

/** The recipe that the runs begin with; null where the file's is none. */
export const baseOf = ({ base }: Sweep): Recipe | null =>
  typeof base === 'string' ? PRESETS[base] : (recipeSchema.safeParse(base).data ?? null);

/** What an option's changes are made to; another method begins with what it shares with the base's. */
export function startOf(base: Recipe, variable: Variable, { method, kind }: Change): object {
  if (variable === 'selector' && kind !== undefined && kind !== base.selector.kind) return {};
  const other = METHODS.find((known): known is MethodName => known === method);
  if (variable !== 'compression' || other === undefined) return base[variable] as object;
  return other === base.compression.method ? base.compression : withMethod(base.compression, other);
}

/** Where the person wrote what is wrong: `compression.bits` → `vary.compression[1].bits`. */
function fieldOf(field: string, choice: Choice): string {
  const [part = '', ...rest] = field.split('.');
  const option = choice[part as Variable];
  const at = option === undefined ? `base.${part}` : `vary.${part}[${option}]`;
  return [at, ...rest].join('.');
}

/** A compression in a few words, and in its own words where those say too little. */
function describeAmong({ compression }: Recipe, vary: Sweep['vary'], choice: Choice): string {
  const option = vary.compression![choice.compression!]!;
  const { method } = option;
  const sameMethod = vary.compression!.filter((other) => other['method'] === method).length > 1;
  const words = describeCompression(compression);
  const more = differing(option, vary.compression!).filter(
    ([key]) => !['method', 'bits', 'sparsity'].includes(key),
  );
  return sameMethod && more.length > 0 ? `${words}, ${spoken(more)}` : words;
}

/** What tells a run from those that take other options of the variable. */
function describe(variable: Variable, recipe: Recipe, vary: Sweep['vary'], choice: Choice): string {
  const chosen = vary[variable]![choice[variable]!]!;
  if (variable === 'compression') return describeAmong(recipe, vary, choice);
  if (variable === 'selector') return selectorName(recipe.selector);
  if (typeof chosen === 'object') return spoken(differing(chosen, vary[variable]!));
  if (variable === 'repeats') return chosen === 1 ? '1 seed' : `${chosen} seeds`;
  return variable === 'model' ? modelName(String(chosen)) : `${variable} ${chosen}`;
}

/** What not all the options say alike. */
function differing(chosen: Change, all: readonly (Change | string | number)[]): [string, string][] {
  const others = all.map((option) => Object.fromEntries(flat(Object(option))));
  return flat(chosen).filter(([key, value]) => others.some((other) => other[key] !== value));
}

export const spoken = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([key, value]) => `${settingWords(key)} ${value}`).join(', ');

/** Two runs of one recipe would only repeat each other. */
function refuseTwins(runs: readonly SweepRun[], file?: string): void {
  const seen = new Map<string, string>();
  for (const { recipe, label } of runs) {
    const key = JSON.stringify(recipe);
    if (seen.has(key)) throw invalid({ field: 'vary', message: `"${label}" is there twice` }, file);
    seen.set(key, label);
  }
}

function invalid(fault: { readonly field: string; readonly message: string }, file?: string) {
  return new KintsugiError('RECIPE_INVALID', `The sweep is not valid: ${fault.message}.`, {
    next: 'Correct that field; resources/sweeps holds an example.',
    field: fault.field,
    ...(file === undefined ? {} : { file }),
  });
}
