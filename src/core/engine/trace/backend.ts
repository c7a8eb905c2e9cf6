import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { GraphBuilder } from '../graph/builder.ts';
import type { ConstantData, Value } from '../graph/graph.ts';

type TraceDtype = 'float32' | 'int32' | 'bool';

/** What a tensor of the trace stands for: a graph value, or constant data not yet in the graph. */
interface Entry {
  value?: Value;
  /** Set when every element is this number: becomes a scalar, expanded where a shape is needed. */
  readonly splat?: number;
  readonly data?: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: TraceDtype;
}

export const traceDtype = (dtype: string): TraceDtype => {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`The trace has no dtype ${dtype}`);
};

function toArray(values: tf.backend_util.BackendValues, dtype: TraceDtype) {
  if (dtype === 'float32') return Float32Array.from(values as Float32Array);
  if (dtype === 'int32') return Int32Array.from(values as Int32Array);
  return Uint8Array.from(values as Uint8Array);
}

const splatOf = (data: ArrayLike<number>): number | undefined => {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return undefined;
  return first;
};

/** A tfjs backend whose kernels append to a graph instead of computing. */
export class TraceBackend extends tf.KernelBackend {
  #entries = new WeakMap<object, Entry>();
  /** Equal constants (masks, rotary tables of every layer) are stored once. */
  #constants = new Map<string, Value>();
  #narrow = new WeakMap<Value, Value>();
  builder = new GraphBuilder();

  /** Forgets the previous graph. */
  begin(): GraphBuilder {
    this.#entries = new WeakMap();
    this.#constants = new Map();
    this.builder = new GraphBuilder();
    return this.builder;
  }

  override write(
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId {
    const dataId = {};
    this.#store(dataId, values, shape, traceDtype(dtype));
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    this.#store(dataId, values, shape, traceDtype(dtype));
  }

  #store(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: readonly number[],
    dtype: TraceDtype,
  ): void {
    const data = toArray(values, dtype);
    const splat = splatOf(data);
    this.#entries.set(dataId, {
      data,
      shape: [...shape],
      dtype,
      ...(splat === undefined ? {} : { splat }),
    });
  }

  #entry(info: tf.TensorInfo): Entry {
    const entry = this.#entries.get(info.dataId);
    if (!entry) throw new Error('A tensor of another trace was used');
    return entry;
  }

  /** The tensor's single repeated value, when it is a constant of one. */
  splat(info: tf.TensorInfo): number | undefined {
    return this.#entry(info).splat;
  }

  /** The graph value of a tensor, adding its constant to the graph on first use. */
  value(info: tf.TensorInfo): Value {
    const entry = this.#entry(info);
    entry.value ??= this.#constant(entry);
    return entry.value;
  }

  #constant(entry: Entry): Value {
    const { splat, shape, dtype, data } = entry;
    if (splat !== undefined) {
      const scalar = this.builder.scalar(splat, dtype);
      return shape.length === 0 ? scalar : this.builder.add('Expand', [scalar], shape, dtype);
    }
    const bytes = new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength);
    const key = `${dtype}[${shape}]${createHash('sha1').update(bytes).digest('base64')}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const value = this.builder.constant({ kind: 'bytes', bytes }, shape, dtype);
    this.#constants.set(key, value);
    return value;
  }

  /** Wraps a graph value as a tensor of shape `value.shape`. */
  wrap(value: Value): tf.TensorInfo {
    const dataId = {};
    const dtype = traceDtype(value.dtype);
    this.#entries.set(dataId, { value, shape: value.shape, dtype });
    return { dataId, shape: [...value.shape], dtype };
  }

  fill(shape: readonly number[], splat: number, dtype: TraceDtype): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { splat, shape: [...shape], dtype });
    return { dataId, shape: [...shape], dtype };
  }

  /** Constant data as a tensor; 16-bit floats are cast to float32. */
  stored(
    data: ConstantData,
    shape: readonly number[],
    dtype: 'float32' | 'float16' | 'bfloat16' | 'int32',
  ): tf.TensorInfo {
    const value = this.builder.constant(data, shape, dtype);
    if (dtype !== 'float16' && dtype !== 'bfloat16') return this.wrap(value);
    const widened = this.builder.add('Cast', [value], shape, 'float32');
    this.#narrow.set(widened, value);
    return this.wrap(widened);
  }

  /** The 16-bit constant that a float32 value is the cast of. */
  narrow(value: Value): Value | undefined {
    return this.#narrow.get(value);
  }

  input(name: string, shape: readonly number[], dtype: 'float32' | 'int32'): tf.Tensor {
    const info = this.wrap(this.builder.input(name, shape, dtype));
    return tf.engine().makeTensorFromTensorInfo(info);
  }

  override readSync(): never {
    throw new Error('A traced program may not read values: its result must not depend on data');
  }
  override async read(): Promise<never> {
    return this.readSync();
  }
  override numDataIds(): number {
    return 0;
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override memory() {
    return { unreliable: true };
  }
  override epsilon(): number {
    return 1e-7;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override timerAvailable(): boolean {
    return false;
  }
}
