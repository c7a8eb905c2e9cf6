import { free } from '../free.ts';
import { createCoder, createStaticCoder } from './coder.ts';
import { factorHessian } from './damping.ts';
import { plainAlgebra } from './gemm.ts';
import { relativeError } from './hessian.ts';
import type { Compressor } from './method.ts';
import { dequantize, type GptqOptions } from './quantized.ts';
import { solveColumns, startWorking } from './solve.ts';

/** GPTQ (arXiv 2210.17323) as METHODS.md B states it. */
export function gptq(options: GptqOptions): Compressor {
  return {
    needsCalibration: true,
    prepare: (hessian, columns, algebra) => factorHessian(hessian, columns, options, algebra),
    async compress(problem, algebra = plainAlgebra) {
      const { hessian } = problem;
      if (hessian === undefined) throw new Error('GPTQ needs the Hessian of the layer inputs');
      const factor = problem.factor ?? (await factorHessian(hessian, problem.in, options, algebra));
      const working = startWorking(problem, hessian, factor);
      const coder = options.staticGroups
        ? createStaticCoder(problem, hessian, working, options)
        : createCoder(working, options);
      const rule = {
        blockEnd: coder.blockEnd,
        value: (row: Float64Array, o: number, start: number, i: number) =>
          coder.round(row[i]!, row, o, start, i),
      };
      await solveColumns(working, rule, algebra.gemm);
      const quantized = coder.finish();
      free(working.weight);
      const weight = dequantize(quantized);
      const error = await relativeError(problem.weight, weight, hessian, problem.in, algebra);
      return { weight, quantized, error, damping: factor.damping };
    },
  };
}
