import { factorHessian } from '../src/core/compress/damping.ts';
import { gptq } from '../src/core/compress/gptq.ts';
import { Hessian } from '../src/core/compress/hessian.ts';
import { defaultCompression } from '../src/core/compress/options.ts';
import { createOrtAlgebra } from '../src/core/compress/ort-gemm.ts';
import { createRandom } from '../src/core/random.ts';
import { median, times } from './measure.ts';

const OUT = 768;
const IN = 3072;
const TOKENS = 4096;

/** GPTQ of one wide linear, and the factorisation that is its serial part. */
export async function gptqRows(threads: number) {
  const random = createRandom(5, 'gptq');
  const algebra = createOrtAlgebra(threads);
  const uniform = (length: number) =>
    Float32Array.from({ length }, () => (random.uniform() - 0.5) * 0.1);
  const hessian = new Hessian(IN);
  await hessian.add(uniform(TOKENS * IN), 8, algebra);
  const options = { ...defaultCompression, actOrder: true };
  const prepare = () => factorHessian(hessian.values, IN, options, algebra);
  const factoring = median(await times(prepare, 3));
  const factor = await prepare();
  const weight = uniform(OUT * IN);
  const problem = { weight, out: OUT, in: IN, hessian: hessian.values, factor };
  const solving = median(await times(() => gptq(options).compress(problem, algebra), 3));
  await algebra.release();
  return [
    {
      what: `GPTQ: ordering, damping and factoring a ${IN}² Hessian, fp64`,
      measured: `${factoring.toFixed(0)} ms`,
      target: '≤ 1500 ms',
    },
    {
      what: `GPTQ: solving [${OUT}, ${IN}] at 4 bits, group 128, with its error`,
      // The triangular update and the two quadratic forms of the error: out·in² multiply-adds each.
      measured: `${solving.toFixed(0)} ms, ${((5 * OUT * IN * IN) / solving / 1e6).toFixed(0)} GFLOP/s`,
      target: '–',
    },
  ];
}
