import type {
  Attribute,
  Constant,
  ConstantData,
  Dtype,
  Graph,
  Node,
  OpName,
  Value,
} from './graph.ts';

/** Collects nodes while a trace runs. */
export class GraphBuilder {
  readonly #inputs: Record<string, Value> = {};
  readonly #constants: Constant[] = [];
  readonly #nodes: Node[] = [];
  readonly #scalars = new Map<string, Value>();
  readonly #files = new Map<string, Value>();
  #next = 0;

  #value(shape: readonly number[], dtype: Dtype): Value {
    return { id: this.#next++, shape: [...shape], dtype };
  }

  input(name: string, shape: readonly number[], dtype: Dtype): Value {
    const value = this.#value(shape, dtype);
    this.#inputs[name] = value;
    return value;
  }

  constant(data: ConstantData, shape: readonly number[], dtype: Dtype): Value {
    const key = data.kind === 'file' ? `${data.path}:${data.offset}:${dtype}:${shape}` : undefined;
    const known = key === undefined ? undefined : this.#files.get(key);
    if (known) return known;
    const value = this.#value(shape, dtype);
    this.#constants.push({ value, data });
    if (key !== undefined) this.#files.set(key, value);
    return value;
  }

  /** A rank-0 constant, one per value: large splat constants are expanded from these. */
  scalar(number: number, dtype: 'float32' | 'int32' | 'bool'): Value {
    const key = `${dtype}:${Object.is(number, -0) ? '-0' : number}`;
    const known = this.#scalars.get(key);
    if (known) return known;
    const array =
      dtype === 'float32'
        ? Float32Array.of(number)
        : dtype === 'int32'
          ? Int32Array.of(number)
          : Uint8Array.of(number);
    const value = this.constant({ kind: 'bytes', bytes: new Uint8Array(array.buffer) }, [], dtype);
    this.#scalars.set(key, value);
    return value;
  }

  add(
    op: OpName,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: Dtype,
    attributes: Record<string, Attribute> = {},
  ): Value {
    const output = this.#value(shape, dtype);
    this.#nodes.push({ op, inputs, output, attributes });
    return output;
  }

  finish(name: string, outputs: Record<string, Value>): Graph {
    return { name, inputs: this.#inputs, outputs, constants: this.#constants, nodes: this.#nodes };
  }
}
