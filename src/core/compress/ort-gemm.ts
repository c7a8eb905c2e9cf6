import ort from 'onnxruntime-node';
import { encodeModel, type ValueInfoMessage } from '../engine/onnx/schema.ts';
import { free } from '../free.ts';
import { type Algebra, type Gemm, type GemmShape, plainAlgebra } from './gemm.ts';

/** ONNX element types. */
const ELEMENT = { float32: 1, float64: 11 } as const;
type Precision = keyof typeof ELEMENT;

// ONNX attribute types.
const FLOAT = 1;
const INT = 2;

/** Multiply-adds below which a call costs more than it saves (a call takes about 50 µs). */
const SMALL = 2 ** 17;
/** Wide enough for Gemm to run at full speed, narrow enough for the serial diagonal blocks. */
const PANEL = 192;
/** Below this order the plain route's narrow panels win. */
const SMALL_ORDER = 384;

/** An algebra on ONNX Runtime's CPU kernels; `release` frees its sessions. */
export interface OrtAlgebra extends Algebra {
  release(): Promise<void>;
}

/** ONNX Runtime's Gemm, which unlike the engine's programs takes fp64 and any shape. */
export function createOrtAlgebra(threads: number): OrtAlgebra {
  const sessions = new Map<string, Promise<ort.InferenceSession>>();
  const sessionOf = (precision: Precision, shape: GemmShape) => {
    const { transposeA = false, transposeB = false, alpha, beta } = shape;
    const key = [precision, transposeA, transposeB, alpha, beta].join();
    const session = sessions.get(key) ?? createSession(precision, shape, threads);
    sessions.set(key, session);
    return session;
  };
  const gemm =
    <T extends Float32Array | Float64Array>(precision: Precision, plain: Gemm<T>): Gemm<T> =>
    async (c, a, b, shape) => {
      const { m, n, k, transposeA, transposeB, beta } = shape;
      if (m * n * k < SMALL) return plain(c, a, b, shape);
      const tensor = (data: T, rows: number, columns: number) =>
        tensorOf(precision, data.subarray(0, rows * columns) as T, [rows, columns]);
      const output = tensor(c, m, n);
      const inputs = {
        a: transposeA ? tensor(a, k, m) : tensor(a, m, k),
        b: transposeB ? tensor(b, n, k) : tensor(b, k, n),
      };
      const session = await sessionOf(precision, shape);
      const feeds = beta === 0 ? inputs : { ...inputs, c: output };
      const { y } = await session.run(feeds, { y: output });
      // The binding writes to the tensor that it is given, and answers with a copy of it.
      free(y!.data as T);
    };
  return {
    gemm: gemm('float32', plainAlgebra.gemm),
    gemm64: gemm('float64', plainAlgebra.gemm64),
    panelWidth: (n) => (n < SMALL_ORDER ? plainAlgebra.panelWidth(n) : PANEL),
    async release() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}

function tensorOf(precision: Precision, data: Float32Array | Float64Array, dims: number[]) {
  return new ort.Tensor(precision as 'float32', data as Float32Array, dims);
}

function createSession(precision: Precision, shape: GemmShape, threads: number) {
  const { transposeA, transposeB, alpha, beta } = shape;
  const input = beta === 0 ? ['a', 'b'] : ['a', 'b', 'c'];
  const attribute = [
    { name: 'transA', type: INT, i: transposeA ? 1 : 0 },
    { name: 'transB', type: INT, i: transposeB ? 1 : 0 },
    { name: 'alpha', type: FLOAT, f: alpha },
    { name: 'beta', type: FLOAT, f: beta },
  ];
  const matrix = (name: string): ValueInfoMessage => {
    // Dimensions without a value are free.
    const free = {} as { dimValue: number };
    const dimensions = { dim: [free, free] };
    return { name, type: { tensorType: { elemType: ELEMENT[precision], shape: dimensions } } };
  };
  const node = { name: 'gemm', domain: '', opType: 'Gemm', input, output: ['y'], attribute };
  const bytes = encodeModel({
    irVersion: 10,
    producerName: 'kintsugi',
    opsetImport: [{ domain: '', version: 21 }],
    graph: {
      name: 'gemm',
      node: [node],
      initializer: [],
      input: input.map(matrix),
      output: [matrix('y')],
    },
  });
  return ort.InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}
