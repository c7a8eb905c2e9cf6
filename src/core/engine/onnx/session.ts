import ort from 'onnxruntime-node';
import { KintsugiError } from '../../../shared/errors.ts';
import { byteLength, type Graph } from '../graph/graph.ts';
import { constantsFirst, constantsPerUse } from '../graph/schedule.ts';
import type { Arrays, DeviceName, Engine, Executable, NumericArray, Program } from '../program.ts';
import { traceProgram } from '../trace/trace.ts';
import { lowerGraph } from './lower.ts';

export interface CompiledEngineOptions {
  readonly device: Extract<DeviceName, 'cpu' | 'webgpu' | 'cuda'>;
  readonly threads: number;
  /** MatMulNBits: 0 computes in fp32, 4 quantises the activations to int8 (faster, ~5e-3 off). */
  readonly accuracyLevel: 0 | 4;
  /**
   * From so many bytes on, weights in files are mapped, and shared between programs, instead of
   * packed into a copy for each: less memory, slightly slower steps. Programs that read one token
   * at a time would be many times slower, and always pack.
   */
  readonly mapFrom: number;
  /**
   * The same for 16-bit weights, which the CPU needs in fp32: programs that read one token at a time
   * hold a widened copy up to so many bytes of them, and beyond widen each anew for every token.
   */
  readonly widenUpTo: number;
}

/** Copies of less than this are not worth any time. */
export const MAP_FROM = 128 * 2 ** 20;
/** Twice as much when widened. Without the copy a token takes several times as long. */
export const WIDEN_UP_TO = 2 ** 30;
/** Of a value that is computed beforehand and kept, where 16-bit weights are not to be. */
const FOLD_UP_TO = 2 ** 20;

type SessionOptions = ort.InferenceSession.SessionOptions;

/** What of a program stays in memory. */
interface Residence {
  /** Nothing between operations. */
  readonly lean: boolean;
  /** Weights in files not as copies. */
  readonly mapped: boolean;
  /** 16-bit weights not widened. */
  readonly narrow: boolean;
}

function sessionOptions(
  { device, threads }: CompiledEngineOptions,
  folder: string | undefined,
  { lean, mapped, narrow }: Residence,
): SessionOptions {
  const session = {
    ...(folder ? { model_external_initializers_file_folder_path: folder } : {}),
    ...(mapped ? { disable_prepacking: '1' } : {}),
    intra_op: { allow_spinning: '0' },
  };
  const optimization = {
    constant_folding_max_output_size_in_bytes: String(FOLD_UP_TO),
    // It would make one of what every use has of its own.
    disable_specified_optimizers: 'CommonSubexpressionElimination',
  };
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    // Memory patterns cost 35–40% more peak memory and save no time here.
    enableMemPattern: false,
    enableCpuMemArena: !lean,
    logSeverityLevel: 3,
    extra: { session, ...(narrow ? { optimization } : {}) },
  };
}

const tensorOf = (data: NumericArray, shape: readonly number[]): ort.Tensor =>
  data instanceof Float32Array
    ? new ort.Tensor('float32', data, shape)
    : new ort.Tensor('int32', data, shape);

function feedsOf(program: Program, feeds: Arrays): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape }]) => {
      const data = feeds[name];
      if (!data) throw new Error(`Program ${program.name}: input ${name} is missing`);
      return [`in.${name}`, tensorOf(data, shape)];
    }),
  );
}

function executable(program: Program, session: ort.InferenceSession): Executable {
  return {
    async run(feeds) {
      const results = await session.run(feedsOf(program, feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name.slice('out.'.length),
          tensor.data as NumericArray,
        ]),
      );
    },
    release: () => session.release(),
  };
}

const bytesInFiles = ({ constants }: Graph): number =>
  constants.reduce((sum, { data }) => sum + (data.kind === 'file' ? data.length : 0), 0);

/** Bytes of the 16-bit weights that are widened whole; of embeddings only rows are. */
function bytesToWiden({ nodes }: Graph): number {
  const casts = nodes.filter(({ op }) => op === 'Cast').map(({ inputs }) => inputs[0]!);
  const narrow = casts.filter(({ dtype }) => dtype === 'float16' || dtype === 'bfloat16');
  return narrow.reduce((sum, { shape, dtype }) => sum + byteLength(shape, dtype), 0);
}

/** Traces programs to ONNX and runs them in ONNX Runtime. */
export function createCompiledEngine(options: CompiledEngineOptions): Engine {
  const lowering = {
    fusedMatMul: options.device !== 'webgpu',
    accuracyLevel: options.accuracyLevel,
  };
  return {
    device: options.device,
    async compile(program, { lean = false, singleToken = false } = {}) {
      const graph = traceProgram(program);
      const mapped = !singleToken && bytesInFiles(graph) >= options.mapFrom;
      const keep = singleToken ? options.widenUpTo : options.mapFrom;
      const narrow = options.device === 'cpu' && bytesToWiden(graph) >= keep;
      const scheduled = narrow ? constantsPerUse(graph) : constantsFirst(graph);
      const { bytes, externalFolder } = lowerGraph(scheduled, lowering);
      try {
        const created = sessionOptions(options, externalFolder, { lean, mapped, narrow });
        return executable(program, await ort.InferenceSession.create(bytes, created));
      } catch (cause) {
        throw new KintsugiError(
          'DEVICE_UNAVAILABLE',
          `The ${options.device} device could not run ${program.name}: ${(cause as Error).message}`,
          {
            cause,
            field: 'device',
            next: 'Use --device cpu, or run doctor to see what was found.',
          },
        );
      }
    },
  };
}
