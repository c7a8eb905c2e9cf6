/** Plain statistics over per-input scores. A score is 0 or 1 for accuracy, any real otherwise. */

export interface Estimate {
  readonly mean: number;
  /** Sample standard deviation / √n; undefined for fewer than two values. */
  readonly standardError: number | undefined;
  readonly count: number;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Throws RangeError on an empty list: the mean of nothing is a bug of the caller. */
export function estimate(values: ArrayLike<number>): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError('estimate: no values');
  const centre = mean(values);
  if (count === 1) return { mean: centre, standardError: undefined, count };
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - centre) ** 2;
  return { mean: centre, standardError: Math.sqrt(squares / (count - 1) / count), count };
}

/**
 * Mean of the tasks' means (every task weighs the same, however many inputs it has), with the
 * standard error of independent tasks: √Σseₖ² / K.
 */
export function estimateOverTasks(tasks: readonly Estimate[]): Estimate {
  if (tasks.length === 0) throw new RangeError('estimateOverTasks: no tasks');
  const errors = tasks.map((task) => task.standardError);
  const known = errors.filter((error) => error !== undefined);
  return {
    mean: mean(tasks.map((task) => task.mean)),
    standardError: known.length === errors.length ? Math.hypot(...known) / tasks.length : undefined,
    count: tasks.reduce((sum, task) => sum + task.count, 0),
  };
}

/** Quantile of an ascending list by linear interpolation (numpy's default, Hyndman & Fan type 7). */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const position = q * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (position - below);
}

export interface McNemar {
  /** Inputs that only the first arm got right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided exact p-value: were the discordant inputs a fair coin's work? */
  readonly pValue: number;
}

/** McNemar's exact test on paired right/wrong answers (1 or 0) of two arms to the same inputs. */
export function mcnemar(first: ArrayLike<number>, second: ArrayLike<number>): McNemar {
  if (first.length !== second.length) throw new RangeError('mcnemar: arms differ in length');
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < first.length; i++) {
    if (first[i]! > second[i]!) onlyFirst++;
    else if (second[i]! > first[i]!) onlySecond++;
  }
  const tail = halfBinomialTail(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond);
  return { onlyFirst, onlySecond, pValue: Math.min(1, 2 * tail) };
}

/** P(X ≤ k) for X ~ Binomial(n, ½), through logarithms so that large n doesn't underflow early. */
function halfBinomialTail(k: number, n: number): number {
  let logTerm = -n * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i);
    sum += Math.exp(logTerm);
  }
  return sum;
}

/**
 * p-values corrected for their number (Holm 1979), in the order given: the chance that any true null
 * among them is rejected stays below the level.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}
