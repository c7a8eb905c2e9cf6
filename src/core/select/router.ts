import { createAdamW } from '../tune/adamw.ts';
import type { SelectorOf } from './selector.ts';

/** What a learned selector learns from: inputs, and what each prompt would cost on them. */
export interface RoutingData {
  /** Mean embeddings [n, width]. */
  readonly inputs: Float32Array;
  /** Loss of every prompt on every input, [n, count]. */
  readonly losses: Float32Array;
  readonly count: number;
  readonly width: number;
}

const STEPS = 300;
const LEARNING_RATE = 0.02;
/** Against so few inputs in so many dimensions. */
const WEIGHT_DECAY = 0.1;
/** Cosines lie close together: a choice must not need them to be far apart. */
const TEMPERATURE = 0.1;

/**
 * Keys for `key` selection, learned from where `start` [count, width] puts them. What is minimised
 * is the loss to be expected when prompts are drawn by softmax(cosine / 0.1).
 */
export function learnKeys(data: RoutingData, start: Float32Array): Float32Array {
  const { inputs, width, count } = data;
  const n = inputs.length / width;
  const rows = unit(inputs, width);
  const keys = start.slice();
  const optimizer = createAdamW({ keys });
  for (let step = 0; step < STEPS; step++) {
    const lengths = rowLengths(keys, width);
    const directions = unit(keys, width);
    const cosines = product(rows, directions, n, count, width);
    const slopes = choiceGradient(
      data,
      cosines.map((cosine) => cosine / TEMPERATURE),
    );
    const gradient = new Float32Array(keys.length);
    for (let i = 0; i < n; i++)
      for (let k = 0; k < count; k++) {
        const slope = slopes[i * count + k]! / TEMPERATURE / lengths[k]!;
        const cosine = cosines[i * count + k]!;
        for (let d = 0; d < width; d++)
          gradient[k * width + d]! +=
            slope * (rows[i * width + d]! - cosine * directions[k * width + d]!);
      }
    optimizer.step({ keys: gradient }, rate(step) * Math.max(...lengths));
  }
  return keys;
}

/** A linear classifier, minimising the same expected loss. Inputs are standardised while it learns. */
export function learnClassifier(
  data: RoutingData,
): Pick<SelectorOf<'classifier'>, 'weights' | 'bias'> {
  const { inputs, width, count } = data;
  const n = inputs.length / width;
  const { means, deviations } = moments(inputs, width);
  const rows = inputs.map((value, i) => (value - means[i % width]!) / deviations[i % width]!);
  const weights = new Float32Array(count * width);
  const bias = new Float32Array(count);
  const decay = (name: string) => name === 'weights';
  const optimizer = createAdamW({ weights, bias }, { weightDecay: WEIGHT_DECAY, decay });
  for (let step = 0; step < STEPS; step++) {
    const scores = product(rows, weights, n, count, width).map((s, i) => s + bias[i % count]!);
    const slopes = choiceGradient(data, scores);
    const gradients = {
      weights: new Float32Array(weights.length),
      bias: new Float32Array(count),
    };
    for (let i = 0; i < n; i++)
      for (let k = 0; k < count; k++) {
        const slope = slopes[i * count + k]!;
        gradients.bias[k]! += slope;
        for (let d = 0; d < width; d++)
          gradients.weights[k * width + d]! += slope * rows[i * width + d]!;
      }
    optimizer.step(gradients, rate(step));
  }
  // Folded back, so that the classifier reads embeddings as they are.
  const folded = weights.map((value, i) => value / deviations[i % width]!);
  for (let k = 0; k < count; k++)
    for (let d = 0; d < width; d++) bias[k]! -= folded[k * width + d]! * means[d]!;
  return { weights: folded, bias };
}

const rate = (step: number): number => LEARNING_RATE * (1 - step / STEPS);

/** d/d score of the mean over inputs of Σₖ softmax(scores)ₖ · lossₖ: [n, count]. */
function choiceGradient({ losses, count }: RoutingData, scores: Float32Array): Float32Array {
  const n = scores.length / count;
  const gradient = new Float32Array(scores.length);
  for (let i = 0; i < n; i++) {
    const row = scores.subarray(i * count, (i + 1) * count);
    const top = Math.max(...row);
    const masses = row.map((score) => Math.exp(score - top));
    const total = masses.reduce((a, b) => a + b, 0);
    let expected = 0;
    for (let k = 0; k < count; k++) expected += (masses[k]! / total) * losses[i * count + k]!;
    for (let k = 0; k < count; k++)
      gradient[i * count + k] = ((masses[k]! / total) * (losses[i * count + k]! - expected)) / n;
  }
  return gradient;
}

/** a [n, width] · bᵀ, b [count, width] → [n, count]. */
function product(a: Float32Array, b: Float32Array, n: number, count: number, width: number) {
  const out = new Float32Array(n * count);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let d = 0; d < width; d++) sum += a[i * width + d]! * b[k * width + d]!;
      out[i * count + k] = sum;
    }
  return out;
}

function rowLengths(rows: Float32Array, width: number): number[] {
  return Array.from({ length: rows.length / width }, (_, r) => {
    let sum = 1e-12;
    for (let d = 0; d < width; d++) sum += rows[r * width + d]! ** 2;
    return Math.sqrt(sum);
  });
}

function unit(rows: Float32Array, width: number): Float32Array {
  const lengths = rowLengths(rows, width);
  return rows.map((value, i) => value / lengths[Math.floor(i / width)]!);
}

/** Mean and standard deviation of every column of rows [n, width]. */
export function moments(rows: Float32Array, width: number) {
  const n = rows.length / width;
  const means = new Float32Array(width);
  const deviations = new Float32Array(width);
  for (let i = 0; i < rows.length; i++) means[i % width]! += rows[i]! / n;
  for (let i = 0; i < rows.length; i++)
    deviations[i % width]! += (rows[i]! - means[i % width]!) ** 2 / n;
  // A column that never varies says nothing, and must not be divided by nothing.
  return { means, deviations: deviations.map((v) => Math.sqrt(v) || 1) };
}
