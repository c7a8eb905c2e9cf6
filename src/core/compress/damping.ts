import { KintsugiError } from '../../shared/errors.ts';
import { inverseFactor } from './factor.ts';
import { type Algebra, plainAlgebra } from './gemm.ts';
import type { HessianFactor, SolverOptions } from './quantized.ts';

const DEFAULT_DAMPING = 0.01;
const LARGEST_DAMPING = 10;

/**
 * Orders, damps and factors a Hessian [in, in]. When it is not positive definite, the damping is
 * raised tenfold until it is; the damping that worked is part of the result.
 * @throws KintsugiError QUANTIZATION_INVALID when no damping helps or H is not finite.
 */
export async function factorHessian(
  hessian: Float32Array,
  n: number,
  { actOrder, damping: first }: Pick<SolverOptions, 'actOrder' | 'damping'>,
  algebra: Algebra = plainAlgebra,
): Promise<HessianFactor> {
  if (!hessian.every(Number.isFinite)) throw notFinite();
  const order = columnOrder(hessian, n, actOrder);
  const permuted = permuteHessian(hessian, order);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += permuted[i * n + i]! / n;
  for (let damping = first; damping <= LARGEST_DAMPING; damping = raised(damping)) {
    const upper = await inverseFactor(permuted, n, damping * mean, algebra, permuted);
    if (upper !== undefined) return { order, upper, damping };
  }
  throw new KintsugiError('QUANTIZATION_INVALID', 'The Hessian cannot be factored', {
    field: 'damping',
    next: 'Use more calibration text, or the rtn method, which needs none.',
  });
}

const raised = (damping: number) => (damping === 0 ? DEFAULT_DAMPING : damping * 10);

const notFinite = () =>
  new KintsugiError('QUANTIZATION_INVALID', 'The calibration activations are not finite numbers', {
    field: 'calibration',
    next: 'Check the checkpoint for NaN weights.',
  });

/** Positions → columns: by descending diag H (dead columns count as 1) under act-order, ties in column order. */
function columnOrder(hessian: Float32Array, n: number, actOrder: boolean): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  if (!actOrder) return order;
  const energy = (i: number) => hessian[i * n + i]! || 1;
  return order.sort((a, b) => energy(b) - energy(a) || a - b);
}

/** H[order, order], with the diagonal of dead columns set to 1. */
function permuteHessian(hessian: Float32Array, order: Int32Array): Float32Array {
  const n = order.length;
  const permuted = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = order[i]! * n;
    for (let j = 0; j < n; j++) permuted[i * n + j] = hessian[row + order[j]!]!;
    if (permuted[i * n + i] === 0) permuted[i * n + i] = 1;
  }
  return permuted;
}
